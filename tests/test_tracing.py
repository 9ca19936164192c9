"""Tracing: what repositories say of their parents becomes relations, and stays right as the mirror changes."""

import json
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils.timezone import now

from lineage.models import Claim, Closure, MergeRecipe, Node, Relation, Trace
from lineage.tasks import trace_due as trace_due_task
from lineage.tasks import trace_now
from lineage.trace import due, trace_batch, trace_due, trace_repo
from registry.models import Alias, Repo
from tests.mirrored import SEEN, content_of, mirrored
from tests.shared import shared

pytestmark = pytest.mark.django_db
WHOLE = {"config.json": 9, "model.safetensors": 999}


def card(*bases, **header):
    lines = "".join(f"- {base}\n" for base in bases)
    more = "".join(f"{name}: {value}\n" for name, value in header.items())
    return f"---\nlicense: mit\n{'base_model:' if bases else ''}\n{lines}{more}---\n# A model\n"


def model(name, *bases, **fields):
    return mirrored(name, card=card(*bases), files=WHOLE, **fields)


def change_card(repo, text):
    """The repository's card as a later look at the Hub would leave it."""
    repo.head.card = content_of(text)
    repo.head.save()
    repo.state_digest = content_of(text).sha256
    repo.save()


def say_alias(repo, *names):
    for name in names:
        Alias.objects.create(
            repo=repo, kind=repo.kind, name=name, valid_from=SEEN, valid_to=None if name == repo.name else now()
        )


def edges(**chosen):
    rows = Relation.objects.filter(is_current=True, **chosen).select_related("child", "parent")
    return sorted((row.child.name, row.kind, row.parent.name) for row in rows)


def ancestors(repo):
    rows = Closure.objects.filter(descendant__repo=repo).order_by("depth", "ancestor__name")
    return list(rows.values_list("ancestor__name", "depth"))


def everything():
    tables = (Node, Relation, Claim, Closure, MergeRecipe, Trace)
    return [list(table.objects.order_by("pk").values()) for table in tables]


def line_of(*ids):
    out = StringIO()
    call_command("trace", *ids, "--json", stdout=out)
    return [json.loads(line) for line in out.getvalue().splitlines()]


def test_a_parent_that_is_not_mirrored_is_a_dangling_node():
    repo = model("me/mine", "acme/tiny")
    assert trace_repo(repo).relation == "finetune"
    node = Node.objects.get(name="acme/tiny")
    assert node.repo is None and edges() == [("me/mine", "finetune", "acme/tiny")]


def test_the_node_binds_when_the_parent_is_mirrored_later():
    trace_repo(model("me/mine", "Acme/Tiny"))
    dangling = Node.objects.get(repo=None)
    parent = model("acme/tiny", "acme/base")
    trace_due(10)
    bound = Node.objects.get(repo=parent)
    assert bound.pk == dangling.pk and bound.name == "acme/tiny"
    assert ancestors(Repo.objects.get(name="me/mine")) == [("acme/tiny", 1), ("acme/base", 2)]


def test_names_bind_without_regard_to_case_and_by_former_names():
    parent = model("acme/tiny-v2")
    say_alias(parent, "acme/tiny-v2", "acme/tiny")
    trace_repo(model("me/a", "ACME/Tiny-V2"))
    trace_repo(model("me/b", "https://huggingface.co/acme/tiny"))
    assert edges() == [("me/a", "finetune", "acme/tiny-v2"), ("me/b", "finetune", "acme/tiny-v2")]


def test_a_model_and_a_dataset_may_share_a_name():
    mirrored("acme/tiny", kind="dataset", card="# Data")
    parent = model("acme/tiny")
    trace_repo(model("me/mine", "acme/tiny"))
    assert Relation.objects.get().parent.repo == parent


def test_an_edge_binds_to_the_repository_and_not_to_its_name():
    parent, child = model("acme/tiny"), model("me/mine", "acme/tiny")
    trace_repo(child)
    Repo.objects.filter(pk=parent.pk).update(name="acme/old-tiny", state_digest="1" * 64)
    usurper = model("acme/tiny")
    change_card(child, card("acme/tiny") + "More words.\n")
    trace_due(10)
    assert [row.parent.repo_id for row in Relation.objects.filter(child__repo=child, is_current=True)] == [parent.pk]
    assert Node.objects.get(repo=usurper).name == "acme/tiny"
    assert Node.objects.get(repo=parent).name == "acme/old-tiny"


def test_a_dangling_name_joins_a_repository_that_was_renamed_to_it():
    repo = model("acme/before")
    trace_repo(repo)
    trace_repo(model("me/mine", "acme/after"))
    Repo.objects.filter(pk=repo.pk).update(name="acme/after", state_digest="2" * 64)
    trace_due(10)
    assert not Node.objects.filter(repo=None).exists()
    assert ancestors(Repo.objects.get(name="me/mine")) == [("acme/after", 1)]


def test_tracing_again_changes_nothing():
    model("acme/tiny")
    repos = [model("me/a", "acme/tiny", "./out"), model("me/b", "me/a"), model("me/c", "me/c")]
    trace_due(10)
    before = everything()
    assert trace_due(10) == 0
    trace_batch([*repos, Repo.objects.get(name="acme/tiny")])
    assert everything() == before


def test_what_is_no_longer_said_is_superseded_and_kept():
    repo = model("me/mine", "acme/tiny")
    trace_repo(repo)
    change_card(repo, card("acme/other"))
    trace_repo(repo)
    assert edges() == [("me/mine", "finetune", "acme/other")]
    assert list(Claim.objects.order_by("pk").values_list("parent_ref", "is_current")) == [
        ("acme/tiny", False),
        ("acme/other", True),
    ]
    assert not Relation.objects.get(parent__name="acme/tiny").is_current
    assert ancestors(repo) == [("acme/other", 1)]


def test_what_is_said_again_is_current_again():
    repo = model("me/mine", "acme/tiny")
    trace_repo(repo)
    change_card(repo, card())
    trace_repo(repo)
    change_card(repo, card("acme/tiny"))
    trace_repo(repo)
    assert Relation.objects.get().is_current and ancestors(repo) == [("acme/tiny", 1)]


def test_each_claim_says_who_where_and_by_which_reader():
    repo = mirrored("me/mine", card=card("acme/tiny"), files=WHOLE, tags=["base_model:finetune:acme/tiny"])
    trace_repo(repo)
    said, tagged = Claim.objects.order_by("pk")
    assert (said.source, said.file, said.field, said.first_line, said.quote) == (
        "card", "README.md", "base_model", 4, "- acme/tiny",
    )  # fmt: skip
    assert (tagged.source, tagged.said_kind, tagged.relation_id) == ("tag", "finetune", said.relation_id)
    assert said.revision == repo.head and said.reader and said.state_digest == repo.state_digest


def test_a_recipe_is_a_row_that_follows_its_file():
    text = "merge_method: slerp\nmodels:\n- model: acme/a\n- model: acme/b\nbase_model: acme/a\ndtype: bfloat16\n"
    repo = mirrored("me/mix", card=card("acme/a", "acme/b"), texts={"mergekit_config.yml": text})
    trace_repo(repo)
    row = MergeRecipe.objects.get()
    assert (row.method, row.file, row.settings["dtype"]) == ("slerp", "mergekit_config.yml", "bfloat16")
    assert [each["parent"] for each in row.inputs] == ["acme/a", "acme/b"]
    repo.head.files.all().delete()
    trace_repo(repo)
    assert not MergeRecipe.objects.get().is_current


def test_a_path_on_a_disk_belongs_to_its_child_alone():
    trace_batch([model("me/a", "./out"), model("me/b", "./out")])
    assert Node.objects.filter(repo=None).count() == 2
    assert [parent["id"] for line in line_of("me/a", "me/b") for parent in line["parents"]] == ["./out", "./out"]


@pytest.mark.parametrize("reference", ["/home/é/Ö" * 60, "C:\\modèles\\x", "a b c", "x" * 400])
def test_a_reference_of_any_letters_is_found_again(reference):
    repo = model("me/mine", f"'{reference}'")
    trace_repo(repo)
    before = everything()
    trace_repo(repo)
    assert everything() == before and Relation.objects.count() == 1


def test_a_repository_that_names_itself_is_on_a_cycle_and_says_so():
    model("me/mine", "me/mine")
    line = line_of("me/mine")[0]
    assert line["contradictions"] == ["It names itself, me/mine, as its own parent."]
    assert Node.objects.get().cycle == Node.objects.get().pk and not Closure.objects.exists()


def test_a_cycle_is_told_as_a_way_round_and_heals():
    first = model("me/a", "me/b")
    model("me/b", "me/c")
    model("me/c", "me/a")
    trace_due(10)
    assert line_of("me/a")[0]["contradictions"] == ["It is on a cycle: me/a ← me/b ← me/c ← me/a."]
    change_card(first, card())
    trace_repo(first)
    assert not Node.objects.exclude(cycle=None).exists()
    assert ancestors(Repo.objects.get(name="me/b")) == [("me/c", 1), ("me/a", 2)]


def test_a_parent_that_is_younger_than_its_child_is_told():
    model("acme/tiny", hub_created_at=SEEN.replace(year=2025))
    model("me/mine", "acme/tiny", hub_created_at=SEEN.replace(year=2024))
    assert line_of("me/mine")[0]["contradictions"] == [
        "It was created on 2024-01-02, its parent acme/tiny later, on 2025-01-02."
    ]


def test_a_reader_that_crashes_is_a_problem_of_that_repository_alone(monkeypatch):
    from lineage import trace

    real = trace.evidence_of
    monkeypatch.setattr(trace, "evidence_of", lambda one: 1 / 0 if one.name == "me/bad" else real(one))
    bad, good = trace_batch([model("me/bad", "acme/tiny"), model("me/good", "acme/tiny")])
    assert "ZeroDivisionError" in bad.problem and bad.relation == "unknown"
    assert good.problem == "" and edges() == [("me/good", "finetune", "acme/tiny")]


def test_a_header_that_cannot_be_read_is_a_problem_of_the_trace():
    repo = mirrored("me/mine", card="---\nbase_model: [\n---\n", files=WHOLE)
    assert "header" in trace_repo(repo).problem and trace_repo(repo).relation == "unknown"


def test_a_changed_state_or_a_new_reader_makes_a_repository_due(monkeypatch):
    repo = model("me/mine", "acme/tiny")
    trace_due(10)
    assert not due().exists()
    Repo.objects.update(state_digest="3" * 64)
    assert list(due()) == [repo]
    trace_due(10)
    monkeypatch.setattr("lineage.trace.READER", "lineage/next")
    assert list(due()) == [repo]


def test_the_number_of_queries_does_not_grow_with_the_batch():
    def traced(count, prefix):
        repos = [model(f"{prefix}/m{n}", f"{prefix}/base-{n % 3}") for n in range(count)]
        with CaptureQueriesContext(connection) as queries:
            trace_batch(repos)
        return len(queries)

    few, many = traced(3, "few"), traced(60, "many")
    assert many <= few + 2


def test_the_line_of_a_repository_has_the_agreed_form():
    mirrored("acme/tiny", card=card(), files=WHOLE)
    mirrored(
        "me/mine",
        card=card("acme/tiny", base_model_relation="finetune", datasets="[acme/corpus]", new_version="me/next"),
        files={"adapter_config.json": 9, "adapter_model.safetensors": 99},
        tags=["base_model:finetune:acme/tiny"],
    )
    line = line_of("me/mine")[0]
    assert (line["id"], line["relation"], line["problem"]) == ("me/mine", "adapter", None)
    base, newer, data = line["parents"]
    assert {key: base[key] for key in ("id", "relation", "role", "declared_relation", "hub_relation", "resolved")} == {
        "id": "acme/tiny",
        "relation": "adapter",
        "role": None,
        "declared_relation": "finetune",
        "hub_relation": "finetune",
        "resolved": True,
    }
    assert base["evidence"][0] == {
        "source": "card", "file": "README.md", "field": "base_model", "lines": [4, 4], "quote": "- acme/tiny",
    }  # fmt: skip
    assert (data["relation"], data["kind"], data["resolved"]) == ("trained_on", "dataset", False)
    assert (newer["id"], newer["relation"]) == ("me/next", "new_version")
    assert "but we read adapter" in line["contradictions"][0]


def test_without_names_the_command_traces_what_is_due():
    model("me/mine", "acme/tiny")
    assert line_of()[0]["traced"] == 1
    assert line_of()[0]["traced"] == 0


def test_an_unknown_name_is_bad_input_before_anything_is_done():
    model("me/mine", "acme/tiny")
    with pytest.raises(CommandError, match="No repository called 'me/nobody'") as error:
        line_of("me/mine", "me/nobody")
    assert error.value.returncode == 3 and not Trace.objects.exists()


def test_a_name_of_two_kinds_asks_for_the_kind():
    model("acme/tiny")
    mirrored("acme/tiny", kind="dataset", card="# Data")
    with pytest.raises(CommandError, match="--kind"):
        line_of("acme/tiny")
    assert line_of("acme/tiny", "--kind", "dataset")[0]["kind"] == "dataset"


def test_tasks_trace_one_repository_and_all_that_are_due():
    first, second = model("me/a", "acme/tiny"), model("me/b", "acme/tiny")
    assert trace_now(first.pk) == Trace.objects.get(repo=first).pk
    assert trace_now(10**9) is None
    assert trace_due_task() == 1 and Trace.objects.filter(repo=second).exists()


def test_datasets_and_spaces_have_relations_of_their_own():
    mirrored("acme/demo", kind="space", card=card(models="[acme/tiny]", datasets="[acme/corpus]"))
    mirrored("acme/corpus", kind="dataset", card=card(source_datasets="[acme/older]"))
    trace_due(10)
    assert edges() == [
        ("acme/corpus", "derived_data", "acme/older"),
        ("acme/demo", "uses", "acme/corpus"),
        ("acme/demo", "uses", "acme/tiny"),
    ]
    demo = Repo.objects.get(name="acme/demo")
    assert ancestors(demo) == [("acme/corpus", 1), ("acme/tiny", 1), ("acme/older", 2)]


def test_real_records_are_traced_and_stay_as_they_are():
    call_command(
        "mirror",
        "--from",
        str(shared("hubdata", "models_2025.jsonl.gz")),
        "--limit",
        "300",
        "--json",
        stdout=StringIO(),
    )
    traced = trace_due(10_000)
    assert traced == Repo.objects.count() > 100
    assert Trace.objects.filter(relation="adapter").count() > 20  # the Hub calls every one of them a finetune
    assert not Trace.objects.filter(problem__contains="failed").exists()
    before = everything()
    trace_batch(list(Repo.objects.order_by("pk")[:100]))
    assert everything() == before
