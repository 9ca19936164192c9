"""Other people's lists on our own evidence: every item names criteria that exist, and no list says more."""

import json
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from openness.assess import assess_repo
from openness.card_lint import judged_card
from openness.lint_hook import main
from openness.profiles import Item, all_through, profiles, seen_through, value_of
from openness.rubric import load
from tests.mirrored import mirrored

CARD = "---\nlicense: mit\n---\n# Tiny\n\nA model that sorts letters for offices.\n\n## Limitations\n\nIt fails."
TEMPLATE = "# Card\n\n## Dataset Description\n\n### Dataset Summary\n\n[More Information Needed]\n"


def test_every_item_names_criteria_of_its_rubric_and_the_lists_are_as_long_as_their_sources_say():
    known = {
        "model": {c.id for c in load("model-card").criteria},
        "dataset": {c.id for c in load("data-card").criteria},
    }
    for profile in profiles().values():
        assert {each for item in profile.items for each in item.criteria} <= known[profile.kind]
        assert profile.source and bool(profile.items) != profile.every_criterion
    lengths = {name: len(profiles()[name].items) for name in profiles()}
    assert (lengths["mitchell-9"], lengths["datasheets-7"], lengths["croissant-rai-20"]) == (9, 7, 20)
    assert lengths["yang-5-headings"] == lengths["yang-5-content"] == 5


def test_equal_weights_are_the_mean_of_what_is_known():
    line = judged_card("README.md", CARD.encode(), "model")[0]
    known = [each["value"] for each in line["findings"] if each["tier"] not in ("unknown", "na")]
    assert seen_through(profiles()["equal-model"], line["findings"])["score"] == round(100 * sum(known) / len(known), 1)


def test_titles_alone_fill_yang_s_sections_by_headings_and_none_by_content():
    findings = judged_card("README.md", TEMPLATE.encode(), "dataset")[0]["findings"]
    by_headings, by_content = (seen_through(profiles()[f"yang-5-{way}"], findings) for way in ("headings", "content"))
    assert by_headings["items"][0]["value"] == 1.0 and by_content["items"][0]["value"] == 0.0


def test_what_no_criterion_looks_for_is_unknown_and_not_missing():
    findings = {"D12": {"id": "D12", "tier": "unknown", "value": 0.0}}
    assert value_of(Item("x", ()), findings, "mean") is None
    assert value_of(Item("x", ("D12",)), findings, "any") is None
    assert seen_through(profiles()["croissant-rai-20"], list(findings.values()))["score"] is None


def test_the_command_and_the_hook_tell_one_list_and_refuse_another_kind_s(tmp_path, capsys):
    (tmp_path / "README.md").write_text(CARD)
    file, out = str(tmp_path / "README.md"), StringIO()
    call_command("assess", card=[file], kind="model", profile="mitchell-9", json=True, stdout=out)
    said = json.loads(out.getvalue())["profile"]
    assert (said["profile"], len(said["items"])) == ("mitchell-9", 9)
    assert main([file, "--profile", "mitchell-9"]) == 0
    assert f"Mitchell's nine sections: {said['score']:g} of 100" in capsys.readouterr().out
    with pytest.raises(CommandError, match="for a dataset"):
        call_command("assess", card=[file], kind="model", profile="datasheets-7")
    with pytest.raises(SystemExit):
        main([file, "--profile", "datasheets-7"])


@pytest.mark.django_db
def test_the_page_shows_what_to_write_next_and_every_list(client):
    repo = mirrored("acme/tiny", card=CARD, header={"license": "mit"})
    assess_repo(repo, ["model-card"])
    page = client.get("/models/acme/tiny").content.decode()
    assert "What to write next" in page and "Tell what it was trained on" in page
    findings = repo.assessments.get().findings
    assert all(each["title"].replace("'", "&#x27;") in page for each in all_through("model", findings))
