"""Mirroring from a dump: idempotence, and that no line can stop or spoil a run."""

import gzip
import json

import pytest
from django.core.management import call_command

from registry.contents import read_cards_again
from registry.models import Card, Content, Harvest, Observation, Repo, RepoTag, Revision, Visit
from tests.dump_lines import CREATED, line, mirror

pytestmark = pytest.mark.django_db


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


def test_an_old_name_longer_than_the_hub_takes_today_is_kept(tmp_path):
    name = "acme/" + "long-" * 50
    assert mirror(tmp_path, line(name)).created == 1
    assert Repo.objects.called("model", name.upper()).name == name


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


def test_a_record_that_is_nested_too_deeply_is_refused_and_a_number_without_end_is_unknown(tmp_path):
    deep = json.dumps(line("acme/deep", 2)).replace('"tags": [', '"x": ' + "[" * 100 + "]" * 100 + ', "tags": [')
    endless = json.dumps(line("acme/endless", 3)).replace('"tags": [', '"trendingScore": 1e999, "tags": [')
    harvest = mirror(tmp_path, deep, endless)
    assert "more than 64 deep" in harvest.problems.get().problem
    assert Repo.objects.get().trending_score is None


def test_a_line_of_millions_of_values_is_refused_before_it_is_read(tmp_path, monkeypatch):
    monkeypatch.setattr("registry.dumps.MAX_PARTS", 1_000)
    harvest = mirror(tmp_path, line(x=[[]] * 2_000), line("acme/b", 2))
    assert "more than 1000 values" in harvest.problems.get().problem
    assert harvest.created == 1


@pytest.mark.parametrize("path", ["x" * 1_025, "\u65e5" * 400, "a\x00b", "\ud800", ""])
def test_a_text_whose_path_no_repository_could_hold_is_refused(tmp_path, path):
    assert "not the path" in mirror(tmp_path, line(files={path: "text"})).problems.get().problem


def test_texts_that_came_before_the_file_list_are_not_lost(tmp_path):
    first = line(files={"LICENSE": "MIT"})
    del first["info"]["siblings"]
    mirror(tmp_path, first)
    mirror(tmp_path, line())
    files = dict(Repo.objects.get().head.files.values_list("path", "content__size_bytes"))
    assert files == {"LICENSE": 3, "README.md": None, "model.safetensors": None}


def test_a_record_without_a_commit_keeps_one_revision_while_only_its_counters_move(tmp_path):
    for likes in (1, 2):
        one = line(card="# Tiny", likes=likes)
        del one["info"]["sha"]
        mirror(tmp_path, one)
    assert Revision.objects.count() == 1


def test_a_dump_that_breaks_off_is_kept_as_far_as_it_goes(tmp_path):
    lines = "".join(json.dumps(line(f"acme/m{n}", n, card=str(n) * 50)) + "\n" for n in range(1, 400))
    (tmp_path / "dump.gz").write_bytes(gzip.compress(lines.encode())[:-100])
    with pytest.raises(SystemExit) as ended:
        call_command("mirror", dump=tmp_path / "dump.gz")
    assert ended.value.code == 1
    assert Repo.objects.count() > 300


def test_a_batch_takes_a_number_of_queries_that_does_not_grow_with_every_row(tmp_path, django_assert_max_num_queries):
    for sha in ("a" * 40, "b" * 40):
        lines = [line(f"acme/m{n}", n, card=f"# {n} {sha}", sha=sha, tags=[f"t{n}", sha[0]]) for n in range(1, 201)]
        with django_assert_max_num_queries(80):
            mirror(tmp_path, *lines)


def test_cards_that_an_older_reader_split_are_split_again_and_what_follows_from_them_is_due(tmp_path):
    mirror(tmp_path, line(card="---\nlicense: mit\n---\n"))
    before = Repo.objects.get().state_digest
    Card.objects.update(reader="cards/0", metadata=None)
    Repo.objects.update(state_digest="of the older reader")
    assert read_cards_again(10) == 1
    assert Card.objects.get().metadata == {"license": "mit"}
    assert Repo.objects.get().state_digest == before
    assert read_cards_again(10) == 0
