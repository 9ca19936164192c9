"""Emissions along a lineage: what is inherited counts once, what is silent is unknown, and every revision is kept."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from django.contrib.auth.models import User

from lineage.trace import trace_repo
from openness.assess import assess_due, assess_repo
from openness.carbon.family import Member, cumulative
from openness.carbon_family import family_json, family_of, history_of
from openness.models import Emission
from registry.models import Account, Repo, Revision
from tests.mirrored import SEEN, content_of, mirrored

pytestmark = pytest.mark.django_db


def model(name, *, emissions=None, base=None, day=0, **fields):
    header = {key: value for key, value in (("co2_eq_emissions", emissions), ("base_model", base)) if value is not None}
    lines = "".join(f"{key}: {value}\n" for key, value in header.items())
    account, _ = Account.objects.get_or_create(name=name.partition("/")[0])
    created = SEEN + timedelta(days=day)
    return mirrored(name, card=f"---\n{lines}---\n# {name}\n", header=header, account=account,
                    hub_created_at=created, **fields)  # fmt: skip


def family(*, reverse=False):
    """base -> middle (silent) -> quantized, which repeats the base's figure -> child."""
    repos = [
        model("acme/base", emissions=41123.5),
        model("acme/middle", base="acme/base"),
        model("bob/quantized", emissions=41123.5, base="acme/middle"),
        model("carol/child", emissions=17, base="bob/quantized"),
    ]
    for repo in repos:
        trace_repo(repo)
    for repo in reversed(repos) if reverse else repos:
        assess_repo(repo, ["carbon"])
    assess_due(100, ["carbon"])
    return repos


@pytest.mark.parametrize("reverse", [False, True])
def test_a_value_of_any_ancestor_is_inherited_in_whatever_order_they_are_assessed(reverse):
    family(reverse=reverse)
    row = Emission.objects.select_related("inherited_from").get(repo__name="bob/quantized")
    assert (row.origin, row.inherited_from.name) == ("inherited", "acme/base")
    assert Emission.objects.get(repo__name="carol/child").origin == "own"
    assert not Emission.objects.unsettled().exists()


def test_a_family_adds_up_to_a_lower_bound_with_the_share_that_reports():
    child = family()[-1]
    found = family_json(family_of(child, None))
    assert found["least_g"] == pytest.approx(41140.5)
    assert (found["ancestors"], found["reporting"], found["share_reporting"]) == (3, 1, pytest.approx(1 / 3))
    assert [one["id"] for one in found["counted"]] == ["acme/base", "carol/child"]


def test_of_a_refuted_unit_the_smaller_reading_counts():
    said = "{emissions: 5.6, hardware_used: 8 x A100, hours_used: 100, geographical_location: France}"
    base = model("acme/base", emissions=said)
    child = model("acme/child", base="acme/base")
    for repo in (base, child):
        trace_repo(repo)
    assess_due(10, ["carbon"])
    row = Emission.objects.get(repo=base)
    assert (row.emissions_g, row.least_g, row.is_doubted) == (5.6, 5.6, True)
    assert family_of(child, None)["sum"].least_g == 5.6


def test_placeholders_and_silence_add_nothing_and_are_told_from_zero():
    base = model("acme/base", emissions=1)
    child = model("acme/child", base="acme/base")
    for repo in (base, child):
        trace_repo(repo)
    assess_due(10, ["carbon"])
    assert family_of(child, None)["sum"].least_g is None
    assert family_of(base, None)["sum"].share is None


def test_an_uncommon_value_of_an_older_stranger_is_a_copied_card_and_a_round_one_is_not():
    model("acme/first", emissions=8123.45, day=0)
    model("bob/second", emissions=8123.45, day=1)
    model("acme/sibling", emissions=8123.45, day=2)
    model("acme/round", emissions=17, day=0)
    model("bob/round", emissions=17, day=1)
    for repo in Repo.objects.all():
        trace_repo(repo)
    for name in ("bob/second", "acme/first"):  # the copy is assessed before what it was copied from
        assess_repo(Repo.objects.get(name=name), ["carbon"])
    assess_due(10, ["carbon"])
    origins = dict(Emission.objects.values_list("repo__name", "origin"))
    assert origins["bob/second"] == "copied"
    assert [origins[name] for name in ("acme/first", "bob/round", "acme/round")] == ["own"] * 3


def test_assessing_again_settles_nothing_twice():
    family()
    before = list(Emission.objects.values_list("pk", "changed_at"))
    assess_due(100, ["carbon"])
    assert list(Emission.objects.values_list("pk", "changed_at")) == before


def test_a_report_that_is_withdrawn_leaves_the_family():
    base, *_, child = family()
    card = content_of("# nothing\n")
    Revision.objects.filter(repo=base).update(card=card)
    assess_repo(Repo.objects.get(pk=base.pk), ["carbon"])
    assert not Emission.objects.filter(repo=base).exists()
    assert family_of(child, None)["sum"].reporting == 0


def test_every_change_of_the_figure_is_kept_with_its_revision():
    repo = model("acme/tiny", emissions=41.1)
    for n, grams in enumerate(("41.1", "411000", "41100"), 1):
        Revision.objects.create(
            repo=repo, sha=f"{n:040x}", committed_at=datetime(2026, 2, n, tzinfo=UTC), first_seen_at=SEEN,
            card_state="present", card=content_of(f"---\nco2_eq_emissions: {grams}\n---\n# {n}\n"))  # fmt: skip
    found = history_of(repo)
    assert [one.stated.grams for one in found] == [41.1, 411_000.0, 41_100.0]
    assert [one.words for one in found][1:] == [
        "times 10000: no step between two units",
        "divided by 10: no step between two units",
    ]


def test_the_page_shows_sum_checks_and_history_in_few_queries(client, django_assert_max_num_queries):
    family()
    with django_assert_max_num_queries(10):
        text = client.get("/carbon/model/carol/child").content.decode()
    assert "≥ 41.1 kg" in text and "1 of 3 ancestors" in text and "no, not its own" in text and "first stated" in text
    assert client.get("/carbon/model/acme/missing").status_code == 404
    assert client.get("/carbon/model/ACME/base").headers["Location"] == "/carbon/model/acme/base"


def test_the_edge_over_which_a_value_was_copied_says_so(client):
    base = model("acme/base", emissions=41123.5)
    child = model("bob/child", emissions=41123.5, base="acme/base")
    for repo in (base, child):
        trace_repo(repo)
    assess_due(10, ["carbon"])
    assert "copied from the parent" in client.get("/lineage/model/bob/child").content.decode()
    relation = base.node.children.get()
    assert "count once for the family" in client.get(f"/lineage/relations/{relation.pk}").content.decode()
    assert "1 descendant repeats this value" in client.get("/carbon/model/acme/base").content.decode()


def test_what_only_staff_may_see_is_neither_named_nor_counted(client):
    base = model("acme/secret", emissions=41123.5, staff_only=True)
    child = model("bob/child", emissions=17, base="acme/secret")
    for repo in (base, child):
        trace_repo(repo)
    assess_due(10, ["carbon"])
    assert family_of(child, None)["sum"].reporting == 0
    staff = User.objects.create_user("root", is_staff=True)
    assert family_of(child, staff)["sum"].reporting == 1
    assert client.get("/carbon/model/acme/secret").status_code == 404


def test_nothing_is_told_of_what_lies_behind_a_repository_for_staff_only():
    repos = family()
    Repo.objects.filter(name="acme/middle").update(staff_only=True)
    for repo in repos[2:]:
        Repo.objects.filter(pk=repo.pk).update(state_digest="1" * 64)
        repo.refresh_from_db()
        (row,) = assess_repo(repo, ["carbon"])
        assert "acme/base" not in json.dumps(row.result)
    found = family_json(family_of(repos[-1], None))
    assert (found["ancestors"], [one["id"] for one in found["counted"]]) == (2, ["bob/quantized", "carol/child"])
    assert "acme/base" in json.dumps(family_json(family_of(repos[-1], User(is_staff=True))))


def test_a_grandparent_assessed_in_the_same_round_is_seen():
    repos = [
        model("acme/base", emissions=41123.5),
        model("acme/silent", base="acme/base"),
        model("bob/quantized", emissions=41123.5, base="acme/silent"),
    ]
    for repo in repos:
        trace_repo(repo)
    assess_due(100)
    row = Emission.objects.select_related("inherited_from").get(repo__name="bob/quantized")
    assert (row.origin, row.inherited_from.name) == ("inherited", "acme/base")
    assert not Emission.objects.unsettled().exists()
    looked_at = list(Emission.objects.values_list("pk", "checked_at"))
    assess_due(100)
    assert list(Emission.objects.values_list("pk", "checked_at")) == looked_at


def test_two_ancestors_that_meet_in_a_round_figure_both_count_and_an_uncommon_one_counts_once():
    def added_up(grams):
        return cumulative(Member("a/merge", 0, 7.0, 7.0), [Member(name, 1, grams, grams) for name in ("a/x", "b/y")])

    assert (added_up(40.0).least_g, added_up(40.0).reporting) == (87.0, 2)
    assert (added_up(41123.5).least_g, added_up(41123.5).reporting) == (41130.5, 1)
