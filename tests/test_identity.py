"""Which repository a record is about: ids, names that change hands, older and newer words."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import transaction
from hypothesis import given, settings
from hypothesis import strategies as st

from registry.identity import Incoming
from registry.keep import keep
from registry.models import Alias, Repo, Revision
from registry.records import RepoRecord
from tests.dump_lines import CREATED, hub_id, line, mirror

pytestmark = pytest.mark.django_db
HEARD = datetime(2025, 1, 1, tzinfo=UTC)


def test_what_a_thinner_record_does_not_mention_is_not_forgotten(tmp_path):
    mirror(tmp_path, line(downloads=5, likes=3, pipeline_tag="fill-mask"))
    mirror(tmp_path, line(downloads=9))
    repo = Repo.objects.get()
    assert (repo.downloads, repo.likes, repo.pipeline_tag) == (9, 3, "fill-mask")


def test_an_older_record_never_overwrites_a_newer_one(tmp_path):
    mirror(tmp_path, line(likes=10, lastModified="2024-07-01T00:00:00.000Z", sha="b" * 40))
    mirror(tmp_path, line(likes=1, lastModified="2024-01-01T00:00:00.000Z", sha="a" * 40, card="old"))
    repo = Repo.objects.get()
    assert (repo.likes, repo.head.sha) == (10, "b" * 40)
    assert repo.revisions.get(sha="a" * 40).card.text == "old"


def test_a_record_without_a_date_fills_only_what_was_unknown(tmp_path):
    mirror(tmp_path, line(likes=10))
    undated = line(likes=99, downloads=7)
    del undated["info"]["lastModified"]
    mirror(tmp_path, undated)
    repo = Repo.objects.get()
    assert (repo.likes, repo.downloads) == (10, 7)


def test_a_provisional_row_adopts_the_first_id(tmp_path):
    first = line()
    del first["info"]["_id"]
    mirror(tmp_path, first)
    assert Repo.objects.get().hub_id is None
    mirror(tmp_path, line())
    assert Repo.objects.get().hub_id == hub_id(1)


def test_an_id_that_its_own_date_contradicts_counts_as_absent(tmp_path):
    mirror(tmp_path, line(_id=hub_id(1, datetime(2020, 1, 1, tzinfo=UTC))))
    assert Repo.objects.get().hub_id is None


def test_a_rename_keeps_the_repository_and_leaves_a_dated_alias(tmp_path):
    mirror(tmp_path, line("acme/old"))
    mirror(tmp_path, line("acme/new", lastModified="2024-06-02T00:00:00.000Z"))
    repo = Repo.objects.get()
    assert repo.name == "acme/new"
    assert [(a.name, a.valid_to is None) for a in Alias.objects.order_by("pk")] == [
        ("acme/old", False),
        ("acme/new", True),
    ]


def test_two_repositories_may_swap_their_names_in_one_dump(tmp_path):
    mirror(tmp_path, line("acme/a", 1), line("acme/b", 2))
    later = {"lastModified": "2024-06-02T00:00:00.000Z"}
    mirror(tmp_path, line("acme/b", 1, **later), line("acme/a", 2, **later))
    assert Repo.objects.get(hub_id=hub_id(1)).name == "acme/b"
    assert Repo.objects.get(hub_id=hub_id(2)).name == "acme/a"
    assert Repo.objects.current().count() == 2


def test_a_name_that_changes_hands_leaves_the_former_holder_and_all_it_had(tmp_path):
    mirror(tmp_path, line("acme/tiny", 1, card="# First"))
    born = datetime(2025, 1, 1, tzinfo=UTC)
    dates = {"createdAt": "2025-01-01T00:00:00.000Z", "lastModified": "2025-01-02T00:00:00.000Z"}
    mirror(tmp_path, line("acme/tiny", 2, _id=hub_id(2, born), **dates))
    former, holder = Repo.objects.order_by("pk")
    assert (former.holds_name, holder.holds_name) == (False, True)
    assert former.head.card.text == "# First"
    assert former.aliases.get().valid_to is not None


def test_an_older_dump_does_not_take_a_name_back(tmp_path):
    born = datetime(2025, 1, 1, tzinfo=UTC)
    dates = {"createdAt": "2025-01-01T00:00:00.000Z", "lastModified": "2025-01-02T00:00:00.000Z"}
    mirror(tmp_path, line("acme/tiny", 2, _id=hub_id(2, born), **dates))
    mirror(tmp_path, line("acme/tiny", 1))
    assert Repo.objects.get(hub_id=hub_id(2, born)).holds_name
    assert not Repo.objects.get(hub_id=hub_id(1)).holds_name


def test_an_id_that_is_a_second_off_its_date_counts_as_absent(tmp_path):
    mirror(tmp_path, line(_id=hub_id(1, CREATED + timedelta(seconds=1))))
    assert Repo.objects.get().hub_id is None


def test_a_name_that_changes_its_case_is_a_rename(tmp_path):
    mirror(tmp_path, line("acme/tiny"))
    mirror(tmp_path, line("Acme/Tiny", lastModified="2024-06-02T00:00:00.000Z"))
    assert Repo.objects.get().name == "Acme/Tiny"


def test_three_repositories_may_pass_their_names_round(tmp_path):
    names = ["acme/a", "acme/b", "acme/c"]
    mirror(tmp_path, *(line(name, n) for n, name in enumerate(names, start=1)))
    later = {"lastModified": "2024-06-02T00:00:00.000Z"}
    mirror(tmp_path, *(line(names[n % 3], n, **later) for n in (1, 2, 3)))
    assert [repo.name for repo in Repo.objects.current().order_by("hub_id")] == ["acme/b", "acme/c", "acme/a"]
    assert Alias.objects.filter(valid_to=None).count() == 3


def test_an_older_record_tells_of_a_former_name(tmp_path):
    mirror(tmp_path, line("acme/new", lastModified="2024-07-01T00:00:00.000Z"))
    for _ in range(2):
        mirror(tmp_path, line("acme/old", lastModified="2024-01-01T00:00:00.000Z"))
    assert Repo.objects.called("model", "acme/old").name == "acme/new"
    former = Alias.objects.get(name="acme/old")
    assert former.valid_to == datetime(2024, 1, 1, tzinfo=UTC)


def bundled(**info) -> dict:
    """What we wrote ourselves about a real repository: no id, no dates."""
    one = line(**info)
    for key in ("_id", "createdAt", "lastModified"):
        one["info"].pop(key)
    return one | {"source": "bundled"}


def test_the_first_real_word_takes_a_bundled_row_over_and_nothing_of_ours_stays(tmp_path):
    mirror(tmp_path, bundled(pipeline_tag="fill-mask", sha="b" * 40))
    assert mirror(tmp_path, line(likes=3)).updated == 1
    repo = Repo.objects.get()
    assert (repo.source, repo.hub_id, repo.likes, repo.pipeline_tag) == ("dump", hub_id(1), 3, "")
    assert repo.head.sha == f"{1:040x}"


def test_a_bundled_row_is_corrected_by_a_later_bundle_and_never_corrects_a_real_one(tmp_path):
    mirror(tmp_path, bundled(pipeline_tag="fill-mask"))
    mirror(tmp_path, bundled(pipeline_tag="text-generation"))
    assert Repo.objects.get().pipeline_tag == "text-generation"
    mirror(tmp_path, line(pipeline_tag="translation"))
    mirror(tmp_path, bundled(pipeline_tag="fill-mask"))
    assert Repo.objects.get().pipeline_tag == "translation"


def test_a_date_far_in_the_future_holds_no_later_word_up(tmp_path):
    mirror(tmp_path, line(likes=1, lastModified="2999-01-01T00:00:00.000Z"))
    mirror(tmp_path, line(likes=2))
    assert Repo.objects.get().likes == 2


def heard(*, with_token=False, **info) -> Repo:
    record = RepoRecord.from_hub("model", line(**info)["info"])
    return keep([Incoming(record=record, source="hub", card=b"secret", with_token=with_token)], at=HEARD)[0].repo


def test_what_a_token_read_stays_hidden_whoever_speaks_of_it_next():
    assert heard(gated="manual", with_token=True).staff_only
    assert heard(gated="manual").staff_only
    assert not heard(gated=False).staff_only


def test_what_an_older_record_reads_with_a_token_is_hidden_too():
    assert not heard(gated="auto", lastModified="2024-07-01T00:00:00.000Z").staff_only
    assert heard(gated="auto", lastModified="2024-06-01T00:00:00.000Z", with_token=True).staff_only


def test_an_older_commit_fills_nothing_of_what_a_newer_one_holds():
    newer = line(lastModified="2024-07-01T00:00:00.000Z", sha="b" * 40)["info"]
    older = line(pipeline_tag="fill-mask", sha="a" * 40)["info"]
    for order in ((newer, older), (older, newer)):
        Repo.objects.all().delete()
        for info in order:
            keep([Incoming(record=RepoRecord.from_hub("model", info), source="dump")], at=HEARD)
        assert Repo.objects.get().pipeline_tag == ""


@st.composite
def shuffled_in_batches(draw):
    """Records of three repositories, each under two names of its own and at different times, in any order and cut."""
    days = draw(st.lists(st.tuples(st.integers(1, 3), st.integers(1, 28)), unique=True, min_size=1, max_size=10))
    told = [(n, f"acme/{'abc'[n - 1]}{day % 2}", day) for n, day in days]
    order = draw(st.permutations(told))
    cut = draw(st.integers(0, len(order)))
    return sorted(told), order[:cut], order[cut:]


def told_at(number: int, name: str, day: int) -> Incoming:
    """A complete record: whatever one says, every other says too."""
    dates = {"createdAt": "2024-05-01T12:00:00.000Z", "lastModified": f"2024-06-{day:02}T00:00:00.000Z"}
    info = {"_id": hub_id(number), "id": name, "sha": f"{day:040x}", "likes": day, "tags": [f"t{day % 3}"]} | dates
    return Incoming(record=RepoRecord.from_hub("model", info), source="dump", card=b"# %d" % day)


def state() -> list:
    names = "hub_id name holds_name likes tags hub_modified_at info_digest head__sha head__card__sha256 state_digest"
    repos = sorted(Repo.objects.values_list(*names.split()), key=str)
    aliases = sorted(Alias.objects.values_list("repo__hub_id", "name").distinct())
    return [repos, aliases, sorted(Revision.objects.values_list("repo__hub_id", "sha", "card__sha256"))]


@given(told=shuffled_in_batches())
@settings(max_examples=40, deadline=None)
def test_the_order_in_which_complete_records_arrive_makes_no_difference(told):
    in_order, *batches = told
    states = []
    for arrival in ([in_order], batches):
        with transaction.atomic():
            for batch in arrival:
                keep([told_at(*one) for one in batch], at=HEARD)
            states.append(state())
            transaction.set_rollback(True)
    assert states[0] == states[1]


STEPS = st.lists(
    st.tuples(st.integers(1, 3), st.sampled_from(["acme/a", "acme/b", "Acme/A"]), st.integers(1, 5), st.booleans()),
    max_size=12,
)


@given(steps=STEPS, live=st.booleans())
@settings(max_examples=40, deadline=None)
def test_no_order_of_records_breaks_an_identity(steps, live):
    """Whatever is said in whatever order: ids stay unique, a name has one holder, and a repetition changes nothing."""
    incoming = [
        Incoming(
            record=RepoRecord.from_hub(
                "model",
                {"id": name, "createdAt": "2024-05-01T12:00:00.000Z", "lastModified": f"2024-06-0{day}T00:00:00.000Z"}
                | ({"_id": hub_id(number)} if with_id else {}),
            ),
            source="hub" if live else "dump",
        )
        for number, name, day, with_id in steps
    ]
    with transaction.atomic():
        keep(incoming, at=HEARD)
        holders = [name.lower() for name in Repo.objects.current().values_list("name", flat=True)]
        assert len(holders) == len(set(holders))
        ids = [i for i in Repo.objects.values_list("hub_id", flat=True) if i]
        assert len(ids) == len(set(ids))
        called = {name.lower() for name in Alias.objects.values_list("name", flat=True)}
        assert set(holders) <= called
        if incoming:
            assert keep(incoming[-1:], at=HEARD)[0].change in ("unchanged", "updated")
            assert keep(incoming[-1:], at=HEARD)[0].change == "unchanged"
        transaction.set_rollback(True)
