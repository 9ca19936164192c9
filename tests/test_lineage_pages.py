"""Pages of the graph: the drawing, its table, expansion by links, evidence, recipes, and what others may not see."""

import re

import pytest
from django.contrib.auth.models import Permission, User
from django.db import connection
from django.test.utils import CaptureQueriesContext

from lineage.graph_views import lineage_panel
from lineage.models import MergeRecipe, Relation, Trace
from lineage.trace import trace_due
from registry.models import Alias, Repo
from tests.mirrored import SEEN, mirrored

pytestmark = pytest.mark.django_db
WHOLE = {"config.json": 9, "model.safetensors": 999}
SLICES = """slices:
- sources: [{model: acme/a, layer_range: [0, 24]}]
- sources: [{model: acme/b, layer_range: [8, 32]}]
merge_method: passthrough
"""


def model(name, *bases, **fields):
    header = "".join(f"- '{base}'\n" for base in bases)
    card = f"---\nlicense: mit\n{'base_model:' if bases else ''}\n{header}---\n"
    return mirrored(name, card=card, files=WHOLE, **fields)


@pytest.fixture
def family():
    model("acme/base")
    model("acme/tuned", "acme/base", "acme/other")
    mirrored("acme/lora", card="---\nbase_model: acme/tuned\n---\n", files={"adapter_model.safetensors": 9})
    trace_due(9)


def page(client, path):
    answer = client.get(path)
    assert answer.status_code == 200, path
    return answer.content.decode()


def test_the_page_draws_the_family_and_tells_it_in_a_table(client, family):
    text = page(client, "/lineage/model/acme/tuned")
    svg = re.search(r"<svg class=\"family\".*?</svg>", text, re.S)[0]
    for name in ("acme/base", "acme/other", "acme/lora"):
        assert f'href="/lineage/model/{name}"' in svg
    assert 'class="box is-dangling kind-model r-finetune"' in svg and "tie r-adapter" in svg
    table = text[text.index('id="family-table"') :]
    assert table.count("<tr>") == 4 and "not mirrored" in table
    assert "style=" not in text and "<script>" not in text


def test_generations_are_chosen_by_links(client, family):
    text = page(client, "/lineage/model/acme/base?down=1")
    assert "acme/lora" not in text and "goes on from here" in text
    assert 'href="/lineage/model/acme/base?up=4&amp;down=2"' in text
    assert "acme/lora" in page(client, "/lineage/model/acme/base?up=4&down=2")


def test_one_kind_of_relation_may_be_asked_for(client, family):
    text = page(client, "/lineage/model/acme/tuned?relation=adapter")
    assert "acme/lora" in text and "acme/base" not in text
    assert client.get("/lineage/model/acme/tuned?relation=cousin").status_code == 404


def test_former_names_and_other_spellings_lead_to_the_present_one(client, family):
    repo = Repo.objects.get(name="acme/base")
    Alias.objects.create(repo=repo, kind="model", name="acme/before", valid_from=SEEN, valid_to=SEEN)
    for name in ("acme/before", "ACME/Base"):
        answer = client.get(f"/lineage/model/{name}")
        assert (answer.status_code, answer["Location"]) == (301, "/lineage/model/acme/base")
    assert client.get("/lineage/model/acme/nobody").status_code == 404


def test_a_parent_that_is_only_named_has_a_page(client, family):
    text = page(client, "/lineage/model/acme/other")
    assert "only named by others" in text and "acme/tuned" in text


def test_a_repository_without_family_has_a_page_too(client):
    model("acme/alone")
    assert "Nothing was read" in page(client, "/lineage/model/acme/alone")
    trace_due(9)
    assert "names no parent" in page(client, "/lineage/model/acme/alone")


def test_a_cycle_and_a_self_reference_are_shown(client):
    model("me/a", "me/b")
    model("me/b", "me/a", "me/b")
    trace_due(9)
    text = page(client, "/lineage/model/me/a")
    assert "It is on a cycle: me/a ← me/b ← me/a." in text and "on a cycle</span>" in text
    assert "names itself" in page(client, "/lineage/model/me/b") and "is-back" in text


def test_words_of_strangers_are_escaped(client):
    model("me/mine", '<script>alert("x")</script>', "./<img src=x onerror=y>")
    trace_due(9)
    text = page(client, "/lineage/model/me/mine")
    assert "<script>alert" not in text
    assert "<img src=x" not in text
    assert "&lt;img src=x" in text


def test_a_hub_of_five_hundred_is_drawn_in_few_boxes_and_queries(client):
    model("acme/hub")
    for n in range(500):
        model(f"acme/leaf-{n:03}", "acme/hub")
    trace_due(1_000)
    with CaptureQueriesContext(connection) as queries:
        text = page(client, "/lineage/model/acme/hub")
    svg = re.search(r"<svg class=\"family\".*?</svg>", text, re.S)[0]
    assert svg.count("<rect") < 40 and "more by fine-tune" in svg
    assert text.count('<th scope="row">') == 499  # the root is one of the page's five hundred
    assert "cursor=below.1." in text
    assert len(queries) < 30


def test_the_relation_page_shows_every_claim_with_its_place(client, family):
    relation = Relation.objects.get(kind="adapter")
    text = page(client, f"/lineage/relations/{relation.pk}")
    assert "base_model: acme/tuned" in text and "line 2" in text and "The Hub inferred" in text


def test_the_recipe_page_shows_inputs_and_layers(client):
    mirrored("acme/mix", card="# Mix", texts={"mergekit_config.yml": SLICES})
    trace_due(9)
    text = page(client, f"/lineage/recipes/{MergeRecipe.objects.get().pk}")
    assert "Layers 24–48 come from layers 8–32 of acme/b" in text and "passthrough" in text
    assert "recipes/" in page(client, "/lineage/model/acme/mix")


def test_what_only_staff_may_see_has_no_page_for_others(client):
    model("acme/secret", "acme/base", staff_only=True)
    mirrored("acme/mix", card="# Mix", texts={"mergekit_config.yml": SLICES}, staff_only=True)
    trace_due(9)
    relation, recipe = Relation.objects.get(child__name="acme/secret"), MergeRecipe.objects.get()
    hidden = ["/lineage/model/acme/secret", f"/lineage/relations/{relation.pk}", f"/lineage/recipes/{recipe.pk}"]
    assert [client.get(path).status_code for path in hidden] == [404, 404, 404]
    assert "acme/secret" not in page(client, "/lineage/model/acme/base")
    client.force_login(User.objects.create_user("boss", is_staff=True))
    assert [client.get(path).status_code for path in hidden] == [200, 200, 200]


def test_the_panel_of_a_repository_shows_the_nearest_generations(family):
    shown = lineage_panel(Repo.objects.get(name="acme/tuned"), None)
    assert shown["drawing"].count("<rect") == 4 and ("adapter", "adapter") in shown["legend"]
    alone = model("acme/alone")
    assert lineage_panel(alone, None)["drawing"] == ""


@pytest.fixture
def admin(client):
    client.force_login(User.objects.create_superuser("root"))
    return client


@pytest.mark.parametrize("name", ["node", "relation", "claim", "trace", "mergerecipe"])
def test_every_list_of_the_admin_takes_few_queries(admin, family, name):
    mirrored("acme/mix", card="# Mix", texts={"mergekit_config.yml": SLICES})
    trace_due(9)
    with CaptureQueriesContext(connection) as queries:
        answer = admin.get(f"/admin/lineage/{name}/?q=acme")
    assert answer.status_code == 200 and "acme/" in answer.content.decode()
    assert len(queries) <= 10


def test_tracing_from_the_admin_needs_its_permission(client, family):
    repo = Repo.objects.get(name="acme/base")
    Trace.objects.all().delete()
    chosen = {"action": "trace_selected", "_selected_action": [repo.pk]}
    user = User.objects.create_user("clerk", is_staff=True)
    user.user_permissions.add(Permission.objects.get(codename="view_repo"))
    client.force_login(user)
    client.post("/admin/registry/repo/", chosen)
    assert not Trace.objects.exists()
    user.user_permissions.add(Permission.objects.get(codename="trace_repo"))
    client.force_login(User.objects.get(pk=user.pk))
    client.post("/admin/registry/repo/", chosen)
    assert Trace.objects.get().repo == repo


def recipe_page_of(client, text):
    mirrored("acme/mix", card=f"```yaml\n{text}\n```\n", files=WHOLE)
    trace_due(9)
    return page(client, f"/lineage/recipes/{MergeRecipe.objects.get().pk}")


def test_a_recipe_tells_gradients_filters_and_the_ends_of_the_stack(client):
    text = recipe_page_of(
        client,
        "merge_method: slerp\nbase_model: acme/a\ndtype: bfloat16\nslices:\n- sources:\n"
        "  - {model: acme/a, layer_range: [0, 8]}\n  - {model: acme/b, layer_range: [0, 8]}\n"
        "- sources: [{model: acme/b, layer_range: [8, 12]}]\n"
        "parameters:\n  t:\n  - {filter: self_attn, value: [0, 0.5, 1]}\n  - value: 0.5\n",
    )
    assert "<dt>t of self_attn</dt><dd><code>0 → 0.5 → 1</code>" in text and "<dt>t of all else</dt>" in text
    assert "from the first slice (acme/a and acme/b)" in text and "from the last (acme/b)" in text
    assert text.count('<rect class="layer') == 3 and text.count('<polyline class="gradient"') == 2


def test_a_recipe_of_whole_models_is_drawn_and_told_too(client):
    text = recipe_page_of(
        client,
        "merge_method: ties\nbase_model: acme/a\nmodels:\n"
        "- {model: acme/b, parameters: {weight: [0, 1], density: .5}}\n- model: ./<b>/out\n",
    )
    assert text.count('<rect class="layer') == 3 and 'href="/lineage/model/acme/b"' in text
    assert "weight = 0 → 1" in text and "Every model takes part" in text and "<b>/out" not in text
