"""What changed between two revisions of a card: score, criteria, evidence and lines, on the page and in REST."""

import difflib
import hashlib

import pytest
from django.contrib.auth.models import User
from hypothesis import given, settings
from hypothesis import strategies as st

from openness.assess import assess_repo
from openness.card_lint import judged_card
from openness.line_diff import LINES_MOST, STEPS_MOST, line_diff, lines_of, room_for, steps
from openness.models import Assessment
from registry.contents import card_row
from registry.models import Card, Repo, Revision
from tests.mirrored import SEEN, content_of, mirrored

POOR = "# Tiny\n\nA small model of the weather in Bergen.\n"
RICH = f"---\nlicense: mit\n---\n{POOR}\n## Limitations\n\nIt knows nothing of the sea and little of snow.\n"
HOSTILE = "<script>alert(1)</script>"


def revised(repo: Repo, card: str, state="present") -> Revision:
    """The repository at a further revision, whose card is `card`."""
    content = content_of(card) if state == "present" else None
    if content and not Card.objects.filter(content=content).exists():
        card_row(content, card.encode()).save()
    sha = hashlib.sha1(f"{repo.name} {card} {repo.revisions.count()}".encode()).hexdigest()
    repo.head = Revision.objects.create(repo=repo, sha=sha, first_seen_at=SEEN, card_state=state, card=content)
    repo.state_digest = hashlib.sha256(sha.encode()).hexdigest()
    repo.save()
    return repo.head


def asked(client, name="ada/m", kind="model", **query) -> dict:
    answer = client.get(f"/api/v1/cards/changes/{kind}/{name}", query)
    assert answer.status_code == 200, answer.content
    return answer.json()


@pytest.fixture
def repo(db) -> Repo:
    """A model whose card was poor, then rich; both were assessed while they were the newest."""
    repo = mirrored("ada/m", card=POOR)
    assess_repo(repo)
    revised(repo, RICH)
    assess_repo(repo)
    return repo


def test_scores_criteria_points_and_lines_are_those_of_the_two_cards(client, repo):
    found = asked(client)
    old, new = (judged_card("README.md", text.encode(), "model")[0] for text in (POOR, RICH))
    assert (found["old"]["score"], found["new"]["score"]) == (old["score"], new["score"])
    assert found["score_change"] == round(new["score"] - old["score"], 1) > 0
    assert found["old"]["is_stored"] and found["new"]["is_stored"] and not found["read_by_other_rules"]
    changes = {row["criterion"]: row for row in found["changes"]}
    for before, after in zip(old["findings"], new["findings"], strict=True):
        if before["value"] != after["value"]:
            change = changes[before["id"]]
            assert change["points"] == pytest.approx(after["weight"] * (after["value"] - before["value"]))
            assert (change["old"]["tier"], change["new"]["tier"]) == (before["tier"], after["tier"])
    assert changes["M03"]["points"] == 6 and changes["M03"]["evidence_new"][0]["lines"] == [2, 2]
    assert changes["M19"]["evidence_new"][0]["lines"] == [8, 10]
    assert (found["lines"]["removed"], found["lines"]["added"], found["lines"]["is_cut"]) == (0, 7, False)
    assert found["lines"]["hunks"][0][0] == {"sign": "+", "old": None, "new": 1, "text": "---"}


def test_the_other_way_round_what_was_gained_is_lost(client, repo):
    shas = list(Revision.objects.filter(repo=repo).order_by("pk").values_list("sha", flat=True))
    found, back = asked(client), asked(client, old=shas[1], new=shas[0])
    assert back["score_change"] == -found["score_change"]
    assert sorted(row["points"] for row in back["changes"]) == sorted(-row["points"] for row in found["changes"])
    assert (back["lines"]["removed"], back["lines"]["added"]) == (7, 0)
    same = asked(client, old=shas[1], new=shas[1])
    assert (same["score_change"], same["changes"], same["lines"]["hunks"]) == (0, [], [])


def test_the_page_says_the_same_and_the_panel_leads_to_it(client, repo):
    assert 'href="/cards/model/ada/m"' in client.get("/models/ada/m").content.decode()
    found, text = asked(client), client.get("/cards/model/ada/m").content.decode()
    assert f"{found['old']['score']} → {found['new']['score']}" in text
    assert f"+{found['score_change']} points" in text
    assert f"{len(found['changes'])} of 25 changed" in text
    assert "<ins>## Limitations</ins>" in text and "0 went, 7 came" in text
    assert "+6 points" in text and "0 → 6 of 6" in text


def test_a_revision_that_another_reader_assessed_is_read_again_and_that_is_said(client, repo):
    first = Revision.objects.filter(repo=repo).order_by("pk").first()
    current = asked(client)["old"]["score"]
    Assessment.objects.filter(revision=first, name="model-card").update(
        rubric="model-card/0.1", reader="card-reader/1", score=77.7
    )
    found = asked(client)
    assert found["read_by_other_rules"] and not found["old"]["is_stored"]
    assert (found["old"]["score"], found["old"]["first_said"]["score"]) == (current, 77.7)
    text = client.get("/cards/model/ada/m").content.decode()
    assert "assessed by other rules" in text and "card-reader/1, said 77.7" in text
    assert Assessment.objects.filter(revision=first, name="model-card").count() == 1


def test_a_revision_that_was_never_assessed_is_read_from_its_text(client, db):
    repo = mirrored("ada/m", card=POOR)
    revised(repo, RICH)
    found = asked(client)
    assert not found["old"]["is_stored"] and not found["new"]["is_stored"] and found["old"]["first_said"] is None
    assert found["new"]["score"] == judged_card("README.md", RICH.encode(), "model")[0]["score"]
    assert not Assessment.objects.exists()
    assert "never assessed while it was the newest" in client.get("/cards/model/ada/m").content.decode()


def test_what_is_read_again_is_what_assessing_stored(client, repo):
    stored = asked(client)
    Assessment.objects.all().delete()
    again = asked(client)
    assert again["changes"] == stored["changes"] and again["new"]["score"] == stored["new"]["score"]


def test_a_card_that_came_or_went_is_compared_with_none(client, db):
    repo = mirrored("ada/m", card=POOR)
    revised(repo, "", state="absent")
    assess_repo(repo)
    found = asked(client)
    assert (found["new"]["card_state"], found["new"]["score"], found["score_change"]) == ("absent", None, None)
    assert (found["lines"]["removed"], found["lines"]["added"]) == (3, 0)
    assert "no card" in client.get("/cards/model/ada/m").content.decode()


def test_none_and_one_revision_say_that_there_is_nothing_to_compare(client, db):
    mirrored("ada/none")
    mirrored("ada/one", card=POOR)
    assert "No revision's card is kept" in client.get("/cards/model/ada/none").content.decode()
    assert "one revision alone is kept" in client.get("/cards/model/ada/one").content.decode()
    assert "What changed between" not in client.get("/models/ada/one").content.decode()
    for name in ("none", "one"):
        assert client.get(f"/api/v1/cards/changes/model/ada/{name}").status_code == 404


def test_a_revision_that_is_not_kept_and_an_unknown_parameter_are_refused(client, repo):
    other = mirrored("ada/other", card="# Other\n")
    for query in ({"old": "0" * 40}, {"new": other.head.sha}, {"old": "x" * 300}, {"new": "\0"}):
        assert client.get("/api/v1/cards/changes/model/ada/m", query).status_code == 400
        assert client.get("/cards/model/ada/m", query).status_code == 404
    assert client.get("/api/v1/cards/changes/model/ada/m", {"since": "1"}).status_code == 400


def test_spaces_strangers_and_what_staff_alone_may_see_are_not_found(client, repo):
    mirrored("ada/space", kind="space")
    assert client.get("/cards/space/ada/space").status_code == 404
    assert client.get("/api/v1/cards/changes/space/ada/space").status_code == 404
    assert client.get("/cards/model/ada/nobody").status_code == 404
    Repo.objects.filter(pk=repo.pk).update(staff_only=True)
    assert client.get("/cards/model/ada/m").status_code == 404
    assert client.get("/api/v1/cards/changes/model/ada/m").status_code == 404
    client.force_login(User.objects.create_user("root", is_staff=True))
    assert client.get("/cards/model/ada/m").status_code == 200


def test_datasets_are_compared_by_their_own_rubric(client, db):
    repo = mirrored("ada/d", kind="dataset", card="# D\n")
    revised(repo, "---\nlicense: mit\n---\n# D\n\n## Annotators\n\nTwo nurses of Bergen.\n")
    found = asked(client, "ada/d", "dataset")
    assert found["new"]["rubric"].startswith("data-card/")
    assert "D17" in {row["criterion"] for row in found["changes"]}


def test_texts_of_strangers_are_escaped(client, db):
    repo = mirrored("ada/m", card=POOR)
    revised(repo, f"# T\n\n## Limitations\n\n{HOSTILE} knows \x00 nothing at all of the sea.\n")
    text = client.get("/cards/model/ada/m").content.decode()
    assert HOSTILE not in text and "&lt;script&gt;" in text and "\0" not in text


@pytest.mark.parametrize(
    "card", ["[" * 100_000, "a\n" * 300_000, "\n".join(f"- {n % 97}" for n in range(20_000)), "x" * 1_000_000]
)
def test_hostile_cards_are_compared_in_bounds(client, db, card):
    repo = mirrored("ada/m", card=POOR)
    revised(repo, card)
    found = asked(client)
    assert sum(len(hunk) for hunk in found["lines"]["hunks"]) <= 2 * LINES_MOST + 6
    answer = client.get("/cards/model/ada/m")
    assert answer.status_code == 200 and len(answer.content) < 1_000_000


def test_few_queries_whatever_was_stored(client, repo, django_assert_max_num_queries):
    for n in range(60):
        revised(repo, f"# Tiny {n}\n")
        assess_repo(repo)
    with django_assert_max_num_queries(10):
        assert "The 50 that came in last" in client.get("/cards/model/ada/m").content.decode()
    Assessment.objects.all().delete()
    with django_assert_max_num_queries(10):
        client.get("/cards/model/ada/m")


TEXTS = st.lists(st.sampled_from(["a", "b", "c", "", "# T"]), max_size=30).map("\n".join)


@settings(max_examples=200)
@given(TEXTS, TEXTS)
def test_old_and_new_can_be_had_back_from_a_diff_that_is_not_cut(old, new):
    found = line_diff(old, new)
    before, after = lines_of(old), lines_of(new)
    shown = [line for hunk in found.hunks for line in hunk]
    for line in shown:
        assert line.old is None or before[line.old - 1] == line.text
        assert line.new is None or after[line.new - 1] == line.text
    gone, came = {line.old for line in shown if line.new is None}, {line.new for line in shown if line.old is None}
    kept = [line for n, line in enumerate(before, 1) if n not in gone]
    assert kept == [line for n, line in enumerate(after, 1) if n not in came]
    assert (len(gone), len(came)) == (found.removed, found.added)


def test_a_diff_has_the_lines_of_the_standard_one():
    old, new = [f"line {n}" for n in range(150)], [f"line {n}" for n in range(150) if n % 40] + ["end"]
    ours = [f"{line.sign}{line.text}" for hunk in line_diff("\n".join(old), "\n".join(new)).hunks for line in hunk]
    theirs = [line for line in difflib.unified_diff(old, new, lineterm="") if not line.startswith(("---", "+++", "@@"))]
    assert ours == theirs


def test_line_ends_and_a_byte_order_mark_are_no_change():
    assert line_diff("\ufeffa\r\nb\r", "a\nb\n").hunks == ()


def test_what_is_cut_says_so_and_long_lines_are_shortened():
    found = line_diff("\n".join(map(str, range(5_000))), "\n".join(f"x{n}" for n in range(5_000)))
    assert found.is_cut and found.removed == found.added == LINES_MOST
    assert len(line_diff("", "y" * 10_000).hunks[0][0].text) == 501


def test_texts_that_would_take_difflib_too_long_are_shortened_until_they_do_not():
    xs, ys = ([str(n * step % 100) for n in range(4_000)] for step in (7, 11))
    most = room_for(xs, ys)
    assert most < LINES_MOST < len(xs) and steps(xs[:most], ys[:most]) <= STEPS_MOST
    assert line_diff("\n".join(xs), "\n".join(ys)).is_cut


def test_a_criterion_that_nobody_could_judge_gained_and_lost_no_points(client, db):
    repo = mirrored("ada/m", card="---\nlicense: mit\n---\n" + POOR)
    revised(repo, "---\nlicense: [mit\n---\n" + POOR)
    found = next(row for row in asked(client)["changes"] if row["criterion"] == "M03")
    assert (found["points_old"], found["points_new"], found["points"]) == (6, None, None)
    assert "not counted" in client.get("/cards/model/ada/m").content.decode()
