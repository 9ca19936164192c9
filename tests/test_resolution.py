"""What a named parent comes to: bound, gone, dangling with candidates, on a cycle; and again when it is mirrored."""

import pytest
from django.utils.timezone import now

from lineage.answers import trace_answer
from lineage.candidates import basename_of, candidates
from lineage.models import Closure, Node, Relation, Trace
from lineage.trace import trace_due, trace_repo
from registry.models import Repo
from tests.mirrored import mirrored

pytestmark = pytest.mark.django_db
WHOLE = {"config.json": 9, "model.safetensors": 999}
ADAPTER = {"adapter_config.json": 9, "adapter_model.safetensors": 9}


def model(name, *bases, files=WHOLE, more="", **fields):
    header = "".join(f"- '{base}'\n" for base in bases)
    card = f"---\nlicense: mit\n{'base_model:' if bases else ''}\n{header}{more}---\n"
    return mirrored(name, card=card, files=files, **fields)


def told(name):
    return trace_answer(Trace.objects.get(repo__name=name))


def parent(name):
    (found,) = told(name)["parents"]
    return found


def test_a_path_on_a_disk_has_the_mirrored_model_of_that_name_as_a_candidate():
    model("acme/Tiny-1.1B")
    model("other/tiny-1.1b-chat")
    model("me/mine", "/mnt/models/tiny_1.1B/checkpoint-200")
    trace_due(9)
    found = parent("me/mine")
    assert (found["resolved"], found["candidates"]) == (False, ["acme/Tiny-1.1B"])
    assert found["id"] == "/mnt/models/tiny_1.1B/checkpoint-200"


def test_a_re_upload_of_what_is_not_mirrored_is_no_candidate_for_it():
    model("me/tiny", "acme/tiny")
    model("other/tiny")
    trace_due(9)
    assert parent("me/tiny")["candidates"] == ["other/tiny"]


def test_a_quantized_mirror_that_is_not_here_may_stand_for_its_base():
    model("acme/tiny")
    model("me/lora", "fast/tiny-unsloth-bnb-4bit", files=ADAPTER)
    trace_due(9)
    assert parent("me/lora")["candidates"] == ["acme/tiny"]


def test_a_quantized_mirror_that_is_here_leads_to_its_base():
    model("acme/tiny")
    model("fast/tiny-bnb-4bit", "acme/tiny", files={"config.json": 9, "model.safetensors": 9})
    model("me/lora", "fast/tiny-bnb-4bit", files=ADAPTER)
    trace_due(9)
    found = parent("me/lora")
    assert (found["resolved"], found["candidates"], parent("fast/tiny-bnb-4bit")["relation"]) == (True, [], "quantized")
    lora = Node.objects.get(name="me/lora")
    assert set(Closure.objects.filter(descendant=lora).values_list("ancestor__name", "depth")) == {
        ("fast/tiny-bnb-4bit", 1),
        ("acme/tiny", 2),
    }


@pytest.mark.parametrize("name", ["main", "", "/", "a", "..", "x" * 2_000, "%_%", "'--", "\u202e/\x00"])
def test_a_name_that_tells_nothing_has_no_candidates(name):
    model("acme/tiny")
    assert candidates(name, "model", None) == [] and isinstance(basename_of(name), str)


def test_what_only_staff_may_see_is_no_candidate_for_others(django_user_model):
    model("acme/tiny", staff_only=True)
    assert candidates("./tiny", "model", None) == []
    staff = django_user_model.objects.create(username="s", is_staff=True)
    assert candidates("./tiny", "model", staff) == [("acme/tiny", "the same name")]


def test_a_parent_that_was_deleted_stays_the_parent_and_is_shown_as_gone(client):
    model("acme/tiny", gone_at=now())
    model("me/mine", "acme/tiny")
    trace_due(9)
    assert parent("me/mine")["resolved"]
    assert "gone from the Hub" in client.get("/lineage/model/me/mine").content.decode()


def test_a_future_parent_binds_when_it_is_mirrored_and_its_family_follows():
    model("me/mine", "ACME/Tiny")
    model("me/kid", "me/mine")
    trace_due(9)
    assert not parent("me/mine")["resolved"]
    model("acme/tiny", "acme/root")
    trace_due(9)
    found = parent("me/mine")
    assert (found["id"], found["resolved"]) == ("acme/tiny", True)
    above = Closure.objects.filter(descendant__name="me/kid").values_list("ancestor__name", "depth")
    assert set(above) == {("me/mine", 1), ("acme/tiny", 2), ("acme/root", 3)}
    assert Node.objects.filter(name__iexact="acme/tiny").count() == 1


def test_a_cycle_is_one_knot_in_the_closure_and_every_member_says_so():
    for name, base in (("me/a", "me/b"), ("me/b", "me/c"), ("me/c", "me/a"), ("me/kid", "me/a")):
        model(name, base)
    trace_due(9)
    assert len(set(Node.objects.filter(name__in=["me/a", "me/b", "me/c"]).values_list("cycle", flat=True))) == 1
    assert Node.objects.get(name="me/kid").cycle is None
    assert told("me/b")["contradictions"] == ["It is on a cycle: me/b ← me/c ← me/a ← me/b."]
    assert Closure.objects.filter(descendant__name="me/kid").count() == 3


def test_newer_versions_in_a_ring_are_told_and_make_no_cycle():
    model("me/v1", more="new_version: me/v2\n")
    model("me/v2", more="new_version: me/v3\n")
    model("me/v3", more="new_version: me/v1\n")
    model("me/v0", more="new_version: me/v1\n")
    trace_due(9)
    assert told("me/v1")["contradictions"] == ["Its newer versions lead back to itself: me/v1 → me/v2 → me/v3 → me/v1."]
    assert told("me/v0")["contradictions"] == []
    assert not Node.objects.exclude(cycle=None).exists()


def test_a_parent_may_be_gated_and_is_named_all_the_same():
    model("acme/tiny", gated="manual")
    model("me/mine", "acme/tiny")
    trace_due(9)
    assert parent("me/mine")["resolved"]


def test_every_generation_of_a_dirty_family_keeps_its_own_relation():
    """A merge of merges, a quantization of an adapter, and an adapter on a quantization."""
    recipe = "```yaml\nmerge_method: linear\nmodels: [{model: %s}, {model: %s}]\n```\n"
    mirrored("me/mix", card=recipe % ("acme/a", "acme/b"), files=WHOLE)
    mirrored("me/mix-2", card=recipe % ("me/mix", "acme/c"), files=WHOLE)
    model("me/lora", "me/mix-2", files=ADAPTER)
    model("me/lora-GGUF", "me/lora", files={"lora.Q8_0.gguf": 9})
    model("me/lora-2", "me/lora-GGUF", files=ADAPTER)
    trace_due(9)
    of = {row.child.name: row.kind for row in Relation.objects.select_related("child")}
    assert of == {
        "me/mix": "merge",
        "me/mix-2": "merge",
        "me/lora": "adapter",
        "me/lora-GGUF": "quantized",
        "me/lora-2": "adapter",
    }
    assert Closure.objects.filter(descendant__name="me/lora-2").count() == 7


def test_pages_offer_the_candidates(client):
    model("acme/tiny")
    model("me/mine", "other/tiny")
    trace_due(9)
    text = client.get("/lineage/model/other/tiny").content.decode()
    assert "It may be" in text and 'href="/lineage/model/acme/tiny"' in text
    pk = Relation.objects.get(child__name="me/mine").pk
    assert "The parent may be" in client.get(f"/lineage/relations/{pk}").content.decode()


def test_tracing_one_again_after_its_parent_came_resolves_it():
    mine = model("me/mine", "acme/tiny")
    trace_repo(mine)
    model("acme/tiny")
    trace_due(9)
    assert parent("me/mine")["resolved"] and Repo.objects.count() == 2
