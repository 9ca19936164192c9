"""Mirroring from a dump: identity, idempotence, and that no line can stop or spoil a run."""

import gzip
import json
from datetime import UTC, datetime

import pytest
from django.core.management import call_command
from hypothesis import given, settings
from hypothesis import strategies as st

from registry.identity import Incoming
from registry.keep import keep
from registry.models import Alias, Content, Harvest, Observation, Repo, RepoTag, Revision, Visit
from registry.records import RepoRecord

pytestmark = pytest.mark.django_db
CREATED = datetime(2024, 5, 1, 12, tzinfo=UTC)


def hub_id(number: int, created: datetime = CREATED) -> str:
    return f"{int(created.timestamp()):08x}{number:016x}"


def line(name="acme/tiny", number=1, *, card=None, files=None, **info):
    known = {"_id": hub_id(number), "createdAt": "2024-05-01T12:00:00.000Z", "lastModified": "2024-06-01T00:00:00.000Z"}
    known |= {"sha": f"{number:040x}", "siblings": [{"rfilename": "README.md"}, {"rfilename": "model.safetensors"}]}
    return {
        "kind": "model",
        "info": known | {"id": name, "tags": ["transformers", "license:mit"]} | info,
        "card": card,
    } | ({"files": files} if files else {})


def mirror(tmp_path, *lines, name="dump.jsonl"):
    """Mirror a dump of these lines; the harvest that it became."""
    path = tmp_path / name
    text = "".join((one if isinstance(one, str) else json.dumps(one)) + "\n" for one in lines)
    path.write_bytes(gzip.compress(text.encode()) if name.endswith(".gz") else text.encode())
    try:
        call_command("mirror", "--json", dump=path)
    except SystemExit:
        pass
    return Harvest.objects.latest("pk")


def test_a_dump_becomes_repositories_with_files_cards_and_tags(tmp_path):
    harvest = mirror(tmp_path, line(card="---\nlicense: mit\n---\n# Tiny\n"), name="dump.jsonl.gz")
    repo = Repo.objects.get()
    assert (harvest.status, harvest.created) == ("full", 1)
    assert (repo.name, repo.account.name, repo.licence, repo.tags) == (
        "acme/tiny",
        "acme",
        "mit",
        ["transformers", "license:mit"],
    )
    assert repo.head.card.text.endswith("# Tiny\n")
    assert repo.head.card.card.metadata == {"license": "mit"}
    assert sorted(repo.head.files.values_list("path", flat=True)) == ["README.md", "model.safetensors"]
    assert RepoTag.objects.filter(repo=repo).count() == 2


def test_a_second_run_changes_nothing_but_its_own_row(tmp_path):
    lines = [line(f"acme/m{n}", n, card=f"# {n}", downloads=n) for n in range(1, 40)]
    mirror(tmp_path, *lines)
    before = list(Repo.objects.order_by("pk").values())
    harvest = mirror(tmp_path, *lines)
    assert (harvest.unchanged, harvest.created, harvest.updated) == (39, 0, 0)
    assert list(Repo.objects.order_by("pk").values()) == before
    assert Observation.objects.count() == 39
    assert not Visit.objects.exists()


def test_a_moved_counter_updates_the_row_and_keeps_no_further_observation(tmp_path):
    mirror(tmp_path, line(downloads=5))
    assert mirror(tmp_path, line(downloads=9)).updated == 1
    assert Repo.objects.get().downloads == 9
    assert Observation.objects.count() == 1


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


def test_the_same_text_is_stored_once(tmp_path):
    mirror(tmp_path, *(line(f"acme/m{n}", n, card="# Same", files={"LICENSE": "# Same"}) for n in range(1, 6)))
    assert Content.objects.count() == 1
    assert Revision.objects.filter(card__isnull=False).count() == 5


@pytest.mark.parametrize(
    ("broken", "says"),
    [
        ("not json", "not JSON"),
        ("[1]", "not an object"),
        ('{"kind": "model", "info": {"id": "a/b/c"}}', "not the name"),
        ('{"kind": "thing", "info": {"id": "a/b"}}', "not model"),
        ('{"kind": "model", "info": {"id": "a/b"}, "card": 7}', "neither text nor null"),
        ('{"kind": "model", "info": {"id": "a/b", "x": NaN}}', "NaN"),
        ('{"kind": "model", "info": ' + "[" * 100_000, "nested too deeply"),
        ('{"kind": "model", "info": {"id": "../etc"}}', "not the name"),
    ],
)
def test_a_broken_line_is_recorded_and_stops_nothing(tmp_path, broken, says):
    harvest = mirror(tmp_path, line("acme/a", 1), broken, line("acme/b", 2))
    assert (harvest.status, harvest.created, harvest.failed, harvest.seen) == ("partial", 2, 1, 3)
    problem = harvest.problems.get()
    assert problem.line == 2
    assert says in problem.problem


@pytest.mark.parametrize(
    "info",
    [
        {"tags": "notalist", "likes": "many", "downloads": -1, "cardData": [1], "gated": 7, "private": "yes"},
        {"tags": [None, 3, "a\x00b", "\ud800"], "pipeline_tag": ["x"], "lastModified": "yesterday", "siblings": {}},
        {"createdAt": "9999-12-31T23:59:59-14:00", "downloads": 10**40, "trendingScore": 1e300, "sha": "short"},
        {"siblings": [7, {"rfilename": "x" * 5000}, {"rfilename": "a"}, {"rfilename": "a"}]},
    ],
)
def test_a_field_of_the_wrong_type_is_unknown_and_the_record_is_kept(tmp_path, info):
    assert mirror(tmp_path, line(**info)).created == 1


def test_a_card_that_is_too_large_is_unreadable_and_the_rest_is_kept(tmp_path):
    mirror(tmp_path, line(card="x" * (2 * 1024 * 1024 + 1)))
    assert Repo.objects.get().head.card_state == "unreadable"


def test_a_card_of_a_megabyte_and_a_header_of_brackets_are_kept(tmp_path):
    harvest = mirror(tmp_path, line(card="x" * 1_000_000), line("acme/b", 2, card="---\n" + "[" * 100_000 + "\n---\n"))
    assert (harvest.status, harvest.created) == ("full", 2)
    assert Repo.objects.get(name="acme/b").head.card.card.problem


def test_an_unknown_card_an_absent_one_and_an_empty_one_are_three_things(tmp_path):
    mirror(tmp_path, line("acme/a", 1), line("acme/b", 2, siblings=[{"rfilename": "x"}]), line("acme/c", 3, card=""))
    states = dict(Repo.objects.values_list("name", "head__card_state"))
    assert states == {"acme/a": "unknown", "acme/b": "absent", "acme/c": "present"}


def test_an_interrupted_run_goes_on_where_it_stopped(tmp_path):
    path = tmp_path / "dump.jsonl"
    path.write_text("".join(json.dumps(line(f"acme/m{n}", n)) + "\n" for n in range(1, 11)))
    Harvest.objects.create(
        status="running", source="dump.jsonl", request={"from": str(path)}, cursor={"line": 6}, seen=6, created=6
    )
    call_command("mirror", "--json", resume=True)
    assert Repo.objects.count() == 4
    assert (Harvest.objects.get().status, Harvest.objects.get().seen) == ("full", 10)


def test_a_missing_or_damaged_dump_fails_with_one_sentence(tmp_path, capsys):
    for content in (None, gzip.compress(b"x" * 100_000)[:50]):
        path = tmp_path / "dump.gz"
        if content:
            path.write_bytes(content)
        with pytest.raises(SystemExit) as ended:
            call_command("mirror", "--json", dump=path)
        assert ended.value.code == 3
        assert len(capsys.readouterr().err.strip().splitlines()) == 1


def test_a_dump_that_grows_without_bound_is_not_read_on(tmp_path, monkeypatch):
    monkeypatch.setattr("registry.dumps.BOMB_BYTES", 1024 * 1024)
    monkeypatch.setattr("registry.dumps.MAX_LINE", 1024 * 1024)
    path = tmp_path / "bomb.gz"
    path.write_bytes(gzip.compress(b"0" * 50_000_000))
    with pytest.raises(SystemExit) as ended:
        call_command("mirror", dump=path)
    assert ended.value.code == 3
    assert "two hundredfold" in Harvest.objects.get().problem


def test_a_parquet_file_in_the_manner_of_hub_stats_is_read(tmp_path):
    import pyarrow
    import pyarrow.parquet

    rows = [{"id": "acme/tiny", "likes": 3, "tags": ["a"], "createdAt": CREATED, "cardData": '{"license": "mit"}'}]
    pyarrow.parquet.write_table(pyarrow.Table.from_pylist(rows), tmp_path / "models.parquet")
    call_command("mirror", "--json", dump=tmp_path / "models.parquet")
    repo = Repo.objects.get()
    assert (repo.kind, repo.likes, repo.licence, repo.hub_created_at) == ("model", 3, "mit", CREATED)


STEPS = st.lists(
    st.tuples(st.integers(1, 3), st.sampled_from(["acme/a", "acme/b", "Acme/A"]), st.integers(1, 5), st.booleans()),
    max_size=12,
)


@given(steps=STEPS, live=st.booleans())
@settings(max_examples=40, deadline=None)
def test_no_order_of_records_breaks_an_identity(steps, live):
    """Whatever is said in whatever order: ids stay unique, a name has one holder, and a repetition changes nothing."""
    from django.db import transaction

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
        keep(incoming, at=CREATED)
        holders = [name.lower() for name in Repo.objects.current().values_list("name", flat=True)]
        assert len(holders) == len(set(holders))
        ids = [i for i in Repo.objects.values_list("hub_id", flat=True) if i]
        assert len(ids) == len(set(ids))
        called = {name.lower() for name in Alias.objects.values_list("name", flat=True)}
        assert set(holders) <= called
        if incoming:
            assert keep(incoming[-1:], at=CREATED)[0].change in ("unchanged", "updated")
            assert keep(incoming[-1:], at=CREATED)[0].change == "unchanged"
        transaction.set_rollback(True)
