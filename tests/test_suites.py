"""Suites are data: rows with a mapping, versioned by a digest; whatever cannot be asked is refused in one sentence."""

import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from lineage.run_places import SHIPPED
from lineage.suite_rows import BadSuite
from lineage.suites import read_suite

ROWS = [{"text": "a", "gold": "x"}, {"text": "b", "gold": "y", "part": "p", "doc": 7}]
DEFINITION = """
task = "sequence-classification"
rows = "{rows}"
[columns]
input = "text"
label = "gold"
slice = "part"
cluster = "doc"
"""


def suite(folder: Path, rows=ROWS, definition=DEFINITION):
    (folder / "rows.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    (folder / "suite.toml").write_text(definition.replace("{rows}", "rows.jsonl"))
    return read_suite(folder / "suite.toml")


def test_a_mapping_says_which_column_is_which_and_rows_without_an_id_are_numbered(tmp_path):
    found = suite(tmp_path)
    assert [(item.id, item.input, item.label, item.slice, item.cluster) for item in found.items] == [
        ("1", "a", "x", None, None),
        ("2", "b", "y", "p", "7"),
    ]


def test_the_same_rows_as_csv_and_parquet_are_the_same_suite(tmp_path):
    digest = suite(tmp_path).digest
    (tmp_path / "rows.csv").write_text("text,gold,part,doc\na,x,,\nb,y,p,7\n")
    pq.write_table(pa.Table.from_pylist(ROWS[::-1]).take([1, 0]), tmp_path / "rows.parquet")
    for file in ("rows.csv", "rows.parquet"):
        (tmp_path / "suite.toml").write_text(DEFINITION.format(rows=file))
        assert read_suite(tmp_path / "suite.toml").digest == digest


@pytest.mark.parametrize("change", [("gold", "y"), ("text", "c"), ("part", "q"), ("id", "n")])
def test_the_digest_moves_with_every_cell(tmp_path, change):
    before = suite(tmp_path).digest
    assert suite(tmp_path, [ROWS[0] | dict([change]), ROWS[1]]).digest != before


def test_the_digest_moves_with_the_settings_and_the_names_of_labels(tmp_path):
    more = ("[settings]\nmax_tokens = 16\n", "[labels]\nLABEL_0 = 'x'\n", '[settings]\nprompt = "{input}!"\n')
    assert len({suite(tmp_path, definition=DEFINITION + one).digest for one in ("", *more)}) == 4


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ([{"text": "a"}], "Row 1 of the suite has no label."),
        ([], "holds no items"),
        ([{"text": "a", "gold": "x", "id": "1"}] * 2, "more than once"),
        ([{"text": ["a"], "gold": "x"}], "input cannot be"),
        ([{"text": "a", "gold": 1.5}], "label cannot be"),
        ([{"text": "a\ud800", "gold": "x"}], "input cannot be"),
        ([["a"]], "is no object"),
    ],
)
def test_rows_that_cannot_be_asked_are_refused(tmp_path, rows, said):
    with pytest.raises(BadSuite, match=said):
        suite(tmp_path, rows)


@pytest.mark.parametrize(
    ("definition", "said"),
    [
        ("task = 'regression'", "is 'regression' and not one of"),
        ("task = [", "is not TOML"),
        (DEFINITION + "[settings]\nmax_tokens = 0", "max_tokens cannot be '0'"),
        (DEFINITION + "[settings]\nmax_tokens = true", "max_tokens cannot be"),
        (DEFINITION + "[settings]\nprompt = 3", "prompt cannot be"),
        (DEFINITION + "[settings]\nshell = 'x'", "and no others"),
        (DEFINITION + "[settings]\nmatch = 'fuzzy'", "match one of"),
        (DEFINITION.replace('"{rows}"', '"../../../etc/passwd"'), "leads out of"),
        (DEFINITION.replace('"{rows}"', '"gone.jsonl"'), "cannot be read"),
        (DEFINITION.replace("[columns]", "[columns]\nrun = 'x'"), "and no others"),
        (DEFINITION.replace("rows =", "dataset = 'a/b'\nrevision = 'main'\nrows ="), "needs a revision of 40"),
        (DEFINITION.replace("rows =", f"dataset = '../b'\nrevision = '{'a' * 40}'\nrows ="), "leads out of"),
        (DEFINITION.replace("rows =", f"dataset = 'a/b'\nrevision = '{'a' * 40}'\nrows ="), "not on this machine"),
        (DEFINITION.replace("sequence-classification", "multiple-choice"), "fewer than two choices"),
        (DEFINITION.replace("sequence-classification", "image-classification"), "neither an image nor pixels"),
    ],
)
def test_definitions_that_cannot_be_used_are_refused(tmp_path, definition, said):
    with pytest.raises(BadSuite, match=said):
        suite(tmp_path, definition=definition)


def test_rows_can_lie_in_the_files_of_a_mirrored_data_set_at_one_commit(tmp_path):
    folder = tmp_path / "datasets" / "acme" / "reviews" / ("a" * 40)
    folder.mkdir(parents=True)
    pq.write_table(pa.Table.from_pylist(ROWS), folder / "test.parquet")
    more = f"dataset = 'acme/reviews'\nrevision = '{'a' * 40}'\nrows ="
    (tmp_path / "suite.toml").write_text(DEFINITION.replace("rows =", more).format(rows="test.parquet"))
    assert len(read_suite(tmp_path / "suite.toml", tmp_path / "datasets").items) == 2


def test_a_choice_is_labelled_by_its_number_or_where_all_items_share_them_by_its_text(tmp_path):
    own = [{"text": "a", "gold": 1, "choices": ["p", "q"]}]
    task = DEFINITION.replace("sequence-classification", "multiple-choice")
    assert suite(tmp_path, own, task).items[0].label == "1"
    shared = suite(tmp_path, [{"text": "a", "gold": "yes"}], task + '[settings]\nchoices = [" yes", " no"]\n')
    assert shared.choices_of(shared.items[0]) == (" yes", " no")
    with pytest.raises(BadSuite, match="none of its choices"):
        suite(tmp_path, [{"text": "a", "gold": 2, "choices": ["p", "q"]}], task)


def test_a_picture_is_rows_of_brightness_or_a_file_in_the_folder(tmp_path):
    task = DEFINITION.replace("sequence-classification", "image-classification")
    assert suite(tmp_path, [{"pixels": [[0, 255], [3, 4]], "gold": "x"}], task).items[0].pixels[0] == (0.0, 255.0)
    for bad in ([[0, 256]], [[1, 2], [3]], [], "abc", [[None]]):
        with pytest.raises(BadSuite, match="pixels cannot be|neither an image"):
            suite(tmp_path, [{"pixels": bad, "gold": "x"}], task)
    with pytest.raises(BadSuite, match="leads out of"):
        suite(tmp_path, [{"image": "../x.png", "gold": "x"}], task)


def test_the_shipped_suite_is_small_and_has_all_its_labels():
    found = read_suite(SHIPPED / "suites" / "message-kinds.toml")
    assert len(found.items) == 600
    assert found.answers == {"bug", "praise", "question", "request"}
