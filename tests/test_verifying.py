"""`verify`: the agreed line and exit status, the row that stays, the relation that is marked, and who may see it."""

import json
import re
from io import StringIO

import pytest
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command

from lineage.models import Relation, Verification
from lineage.trace import trace_due
from registry.models import Repo
from tests.mirrored import mirrored
from tests.weight_families import model, tuned, write

pytestmark = pytest.mark.django_db
AGREED = {
    "verdict",
    "exactness",
    "relation",
    "parents",
    "method",
    "dialect",
    "recovered_recipe",
    "bytes_read",
    "seconds",
}


@pytest.fixture
def folders(tmp_path):
    base = model(1)
    write(tmp_path / "base", base, "BF16")
    write(tmp_path / "child", tuned(base, 2), "BF16")
    write(tmp_path / "stranger", model(9), "BF16")
    return tmp_path


def verify(child, files, *parents, **options):
    """(exit status, the JSON line)."""
    out = StringIO()
    try:
        call_command(
            "verify", child, files=str(files), parent=list(parents), json=True, stdout=out, stderr=StringIO(), **options
        )
    except SystemExit as ended:
        return ended.code, json.loads(out.getvalue())
    return 0, json.loads(out.getvalue())


def test_the_answer_has_the_agreed_form_also_for_a_child_that_is_not_mirrored(folders):
    status, said = verify("acme/child", folders / "child", f"acme/base={folders / 'base'}")
    assert (status, said["verdict"], said["relation"], said["exactness"]) == (0, "derived", "finetune", None)
    assert said.keys() >= AGREED and said["parents"][0].keys() >= {"id", "verdict", "statistics"}
    size = sum(path.stat().st_size for name in ("child", "base") for path in (folders / name).iterdir())
    assert said["bytes_read"] > size / 2 and said["seconds"] > 0
    assert Verification.objects.get(pk=said["verification"]).child is None


def test_a_stranger_is_a_no_and_two_parents_that_explain_nothing_are_no_yes(folders):
    status, said = verify("acme/child", folders / "child", f"acme/stranger={folders / 'stranger'}")
    assert (status, said["verdict"]) == (1, "contradicted")
    both = (f"acme/base={folders / 'base'}", f"acme/stranger={folders / 'stranger'}")
    status, said = verify("acme/child", folders / "child", *both)
    assert (status, [each["verdict"] for each in said["parents"]]) == (1, ["derived", "contradicted"])


def test_without_a_parent_s_weights_there_is_only_what_is_declared(folders):
    status, said = verify("acme/child", folders / "child")
    assert (status, said["verdict"], said["parents"]) == (2, "unverifiable", [])
    mirrored("acme/child", card="---\nbase_model: acme/base\n---\n", files={"model.safetensors": 9})
    trace_due(9)
    status, said = verify("acme/child", folders / "child")
    assert (status, said["verdict"], said["relation"]) == (2, "declared", "finetune")
    assert [(each["id"], each["verdict"]) for each in said["parents"]] == [("acme/base", "declared")]


def test_the_relation_is_marked_and_shown_with_its_verification(folders, client):
    mirrored("acme/base", card="", files={"config.json": 1})
    card = "---\nbase_model: acme/base\n---\n"
    mirrored("acme/child", card=card, files={"config.json": 1, "model.safetensors": 9})
    trace_due(9)
    _, said = verify("acme/child", folders / "child", f"acme/base={folders / 'base'}")
    relation = Relation.objects.get(child__repo__name="acme/child")
    assert relation.proof == "derived"
    page = client.get(f"/verifications/{said['verification']}").content.decode()
    assert "lm_head.weight" in page and "acme/base" in page
    assert f"/verifications/{said['verification']}" in client.get(f"/lineage/relations/{relation.pk}").content.decode()
    told = client.get(f"/api/v1/verifications/{said['verification']}").json()
    assert (told["verdict"], told["parents"][0]["statistics"]["matrices_compared"]) == ("derived", 20)
    edges = client.get("/api/v1/lineage/model/acme/child").json()["edges"]
    assert [edge["proof"] for edge in edges] == ["derived"]
    assert "derived" in client.get("/lineage/model/acme/child", {"colour": "proof"}).content.decode()
    trace_due(9)
    assert Relation.objects.get(pk=relation.pk).proof == "derived"  # reading the card again takes nothing back


def test_nobody_sees_what_staff_alone_may_see(folders, client):
    secret = mirrored("acme/secret", card="", files={}, staff_only=True)
    child = mirrored("acme/child", card="---\nbase_model: acme/secret\n---\n", files={"model.safetensors": 1})
    trace_due(9)
    _, said = verify("acme/child", folders / "child", f"acme/secret={folders / 'base'}")
    Repo.objects.filter(pk=secret.pk).update(name="acme/renamed")
    told = client.get(f"/api/v1/verifications/{said['verification']}").json()
    assert told["parents"] == [
        {"id": "acme/secret", "verdict": "derived", "reason": "", "statistics": {}, "tensors": []}
    ]
    assert told["reason"] == ""
    Repo.objects.filter(pk=child.pk).update(staff_only=True)
    for address in ("/api/v1/verifications/", "/verifications/"):
        assert client.get(f"{address}{said['verification']}").status_code == 404
        assert client.get(f"{address}{2**70}").status_code == 404
    User.objects.create_superuser("staff", password="x")
    client.login(username="staff", password="x")
    assert "lm_head.weight" in client.get(f"/verifications/{said['verification']}").content.decode()


@pytest.mark.parametrize(
    ("parents", "options", "words"),
    [
        (["acme/base"], {}, "ID=DIR"),
        (["acme/base=/nowhere"], {}, "no folder"),
        (["acme/base={base}"], {"base": "acme/other"}, "not among the parents"),
        (["acme/base={base}"], {"recipe": "/nowhere.yml"}, "cannot be opened"),
        (["acme/base={base}"], {"recipe": "{base}/model.safetensors"}, "no merge recipe"),
    ],
)
def test_bad_input_is_one_sentence_and_leaves_no_row(folders, parents, options, words):
    base = folders / "base"
    parents = [each.replace("{base}", str(base)) for each in parents]
    options = {name: value.replace("{base}", str(base)) for name, value in options.items()}
    with pytest.raises(CommandError, match=words) as refused:
        verify("acme/child", folders / "child", *parents, **options)
    assert refused.value.returncode == 3 and not Verification.objects.exists()


def test_a_recipe_file_is_followed_by_its_names(folders):
    recipe = folders / "mergekit_config.yml"
    recipe.write_text("merge_method: passthrough\nmodels:\n  - model: acme/base\ndtype: bfloat16\n")
    status, said = verify("acme/copy", folders / "base", f"acme/base={folders / 'base'}", recipe=str(recipe))
    assert (status, said["verdict"], said["exactness"], said["method"]) == (0, "recomputed", "bit_exact", "passthrough")
    status, said = verify("acme/copy", folders / "child", f"acme/base={folders / 'base'}", recipe=str(recipe))
    assert (status, said["verdict"]) == (1, "contradicted")


def test_a_secret_parent_that_no_card_names_shows_no_figures(folders, client):
    mirrored("acme/secret", card="", files={}, staff_only=True)
    mirrored("acme/child", card="", files={"model.safetensors": 1})
    _, said = verify("acme/child", folders / "child", f"acme/secret={folders / 'base'}")
    assert client.get(f"/api/v1/verifications/{said['verification']}").json()["parents"][0]["statistics"] == {}


def test_a_model_that_turns_out_to_be_secret_takes_its_verification_along(folders, client):
    _, said = verify("Acme/Later", folders / "child", f"acme/base={folders / 'base'}")
    mirrored("acme/later", card="", files={}, staff_only=True)
    assert client.get(f"/api/v1/verifications/{said['verification']}").status_code == 404


def test_a_parent_that_turns_out_to_be_secret_takes_its_figures_along(folders, client):
    _, said = verify("acme/x", folders / "child", f"acme/base={folders / 'base'}")
    mirrored("acme/base", card="", files={}, staff_only=True)
    assert client.get(f"/api/v1/verifications/{said['verification']}").json()["parents"][0]["statistics"] == {}


def test_a_secret_stays_one_after_its_repository_was_deleted(folders, client):
    child = mirrored("acme/gone", card="", files={}, staff_only=True)
    _, said = verify("acme/gone", folders / "child", f"acme/base={folders / 'base'}")
    child.delete()
    assert client.get(f"/api/v1/verifications/{said['verification']}").status_code == 404


def test_a_look_that_says_nothing_takes_back_no_proof(folders, client):
    mirrored("acme/base", card="", files={})
    mirrored("acme/child", card="---\nbase_model: acme/base\n---\n", files={"model.safetensors": 9})
    trace_due(9)
    verify("acme/child", folders / "child", f"acme/base={folders / 'base'}")
    verify("acme/child", folders / "child")
    assert Relation.objects.get(child__repo__name="acme/child").proof == "derived"


def test_the_page_says_shares_in_per_cent_and_claims_no_relation_that_the_weights_contradict(folders, client):
    _, said = verify("acme/child", folders / "child", f"acme/stranger={folders / 'stranger'}")
    text = client.get(f"/verifications/{said['verification']}").content.decode()
    assert "<dt>Matrices unlike</dt><dd>100 %</dd>" in text and "<dt>Relation in question</dt>" in text
    _, said = verify("acme/child", folders / "child", f"acme/base={folders / 'base'}")
    text = client.get(f"/verifications/{said['verification']}").content.decode()
    assert "<dt>Matrices unlike</dt><dd>0 %</dd>" in text and "<dt>Relation</dt>" in text
    assert re.search(r"<dt>Median cosine</dt><dd>0\.\d{4}</dd>", text)
