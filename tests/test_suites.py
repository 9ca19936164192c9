"""Suites are data: rows with a mapping, versioned by a digest; whatever cannot be asked is refused in one sentence."""

import json
import os
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from lineage.run_places import SHIPPED
from lineage.suite_definitions import read_suite
from lineage.suite_rows import BadSuite

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
PLAIN = 'task = "sequence-classification"\nrows = "rows.jsonl"\n[columns]\ninput = "text"\nlabel = "gold"\n'
CHOICES = PLAIN.replace("sequence-classification", "multiple-choice")
PICTURES = PLAIN.replace("sequence-classification", "image-classification").replace('input = "text"\n', "")


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
        ([{"text": "a"}], "has no column 'gold', read as label."),
        ([{"text": "a", "gold": "x"}, {"text": "a"}], "Row 2 of the suite has no label."),
        ([{"text": "a", "gold": ""}], "Row 1 of the suite has no label."),
        ([{"test": "a", "gold": "x"}], "has no column 'text', read as input; the nearest is 'test'."),
        ([{"text": "a", "gold": "x"}, {"gold": "x"}], "Row 2 of the suite has no input, which the prompt asks for."),
        ([], "holds no items"),
        ([{"text": "a", "gold": "x", "id": "1"}] * 2, "more than once"),
        ([{"text": ["a"], "gold": "x"}], "input cannot be"),
        ([{"text": "a", "gold": 1.5}], "label cannot be"),
        ([{"text": "a\ud800", "gold": "x"}], "input cannot be"),
        ([{"text": "a", "gold": "x", "id": "n" * 301}], "id has more than 300 characters"),
        ([{"text": "a", "gold": float("nan")}], "label cannot be nan"),
        ([{"text": "a", "gold": "x", "id": "2"}, {"text": "a", "gold": "x"}], "the id '2' more than once"),
        ([["a"]], "is no object"),
    ],
)
def test_rows_that_cannot_be_asked_are_refused(tmp_path, rows, said):
    with pytest.raises(BadSuite, match=said):
        suite(tmp_path, rows, PLAIN)


def test_an_empty_text_is_asked_as_any_other(tmp_path):
    assert suite(tmp_path, [{"text": "", "gold": "x"}], PLAIN).items[0].input == ""


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("rows.csv", b"", "holds no items"),
        ("rows.csv", b"text,gold\n", "holds no items"),
        ("rows.csv", b"text,gold\na,x,more\n", "Row 1 of rows.csv has more cells than its header"),
        ("rows.csv", b"text,gold,gold\na,x,y\n", "has the column 'gold' more than once"),
        ("rows.csv", b"text,gold\na\n", "Row 1 of the suite has no label"),
        ("rows.csv", b"\xff\xfe", "cannot be read"),
        ("rows.jsonl", b"\n\n", "holds no items"),
        ("rows.jsonl", b"[" * 100_000, "Line 1 of rows.jsonl is no JSON"),
        ("rows.parquet", b"", "rows.parquet cannot be read"),
        ("rows.parquet", b"PAR1 PAR1", "rows.parquet cannot be read"),
        ("rows.xlsx", b"", "rows.xlsx is none of .jsonl, .ndjson, .csv, .parquet"),
    ],
)
def test_files_of_rows_that_are_empty_or_damaged_are_refused(tmp_path, name, content, said):
    (tmp_path / name).write_bytes(content)
    (tmp_path / "suite.toml").write_text(PLAIN.replace("rows.jsonl", name))
    with pytest.raises(BadSuite, match=said):
        read_suite(tmp_path / "suite.toml")


def test_rows_that_are_a_folder_or_would_never_end_are_refused(tmp_path):
    (tmp_path / "suite.toml").write_text(PLAIN)
    os.mkfifo(tmp_path / "rows.jsonl")
    with pytest.raises(BadSuite, match=r"rows.jsonl, are no file"):
        read_suite(tmp_path / "suite.toml")


def test_the_mark_that_spreadsheets_put_before_a_csv_file_is_no_part_of_its_first_column(tmp_path):
    (tmp_path / "rows.csv").write_bytes(b"\xef\xbb\xbftext,gold\na,x\n")
    (tmp_path / "suite.toml").write_text(PLAIN.replace("rows.jsonl", "rows.csv"))
    assert read_suite(tmp_path / "suite.toml").items[0].input == "a"


@pytest.mark.parametrize(
    ("definition", "said"),
    [
        (PLAIN.replace("rows =", "row ="), "no key is called 'row', but .*; the nearest is 'rows'."),
        (PLAIN + "[setings]\nmax_tokens = 8\n", "no key is called 'setings', but .*; the nearest is 'settings'."),
        (
            PLAIN + "[settings]\nmax_token = 8\n",
            "no setting is called 'max_token', but .* nearest is 'max_tokens'.",
        ),
        (PLAIN + "inputs = 'x'\n", "no column of sequence-classification is called 'inputs', .* nearest is 'input'."),
        (PLAIN + "choices = 'x'\n", "no column of sequence-classification is called 'choices'"),
        (PLAIN + "[settings]\nstop = ['x']\n", "sequence-classification does not read the setting stop."),
        (PLAIN.replace("sequence-", "sequnce-"), "not one of .*; the nearest is 'sequence-classification'."),
        (PLAIN.replace("task =", "name ="), "no task is named: it is one of"),
        ("", "no task is named"),
        ("settings = 3\n" + PLAIN, "settings is no table"),
        ("name = 3\n" + PLAIN, "name cannot be 3"),
        ("name = ' '\n" + PLAIN, "name cannot be ' '"),
        (f"name = '{'n' * 201}'\n" + PLAIN, "the name has more than 200 characters"),
        ("dataset = ['a']\n" + PLAIN, r"dataset cannot be \['a'\]"),
        (f"revision = '{'a' * 40}'\n" + PLAIN, "a revision is that of a dataset, and none is named"),
        (PLAIN.replace("rows.jsonl", r"rows\u0000.jsonl"), "is no path"),
        (PLAIN + "[labels]\nLABEL_0 = ['x']\n", "the label 'LABEL_0' cannot be called"),
        (PLAIN + "[settings]\nprompt = 'Say {text}'\n", "holds neither {input} nor {pair}"),
        (
            PLAIN + "[settings]\nprompt = '{input} {pair}'\n",
            "Row 1 of the suite has no pair, which the prompt",
        ),
        (CHOICES + "[settings]\nchoices = ['x']\n", r"choices cannot be \['x'\]"),
        (CHOICES + "[settings]\nchoices = ['x', ' x']\n", "choices cannot be"),
        (CHOICES + "[settings]\nchoices = 'xy'\n", "choices cannot be 'xy'"),
        (CHOICES + "[settings]\nnormalise = 'token'\n", "normalise is one of .*; the nearest is 'tokens'."),
        (CHOICES.replace("multiple-choice", "generation") + "[settings]\nmax_new_tokens = 65537\n", "cannot be 65537"),
    ],
)
def test_whatever_nobody_would_read_is_refused_with_the_name_it_was_most_likely_meant_to_be(tmp_path, definition, said):
    with pytest.raises(BadSuite, match=said):
        suite(tmp_path, definition=definition)


def test_a_column_that_the_task_does_not_read_may_hold_anything(tmp_path):
    rows = [ROWS[0] | {"choices": "a, b", "image": 3, "notes": {"any": 1}}]
    assert suite(tmp_path, rows, PLAIN).items[0].choices == ()


@pytest.mark.parametrize(
    ("definition", "said"),
    [
        ("task = 'regression'", "is 'regression' and not one of"),
        ("task = [", "is not TOML"),
        (DEFINITION + "[settings]\nmax_tokens = 0", "max_tokens cannot be 0"),
        (DEFINITION + "[settings]\nmax_tokens = true", "max_tokens cannot be"),
        (DEFINITION + "[settings]\nprompt = 3", "prompt cannot be"),
        (DEFINITION + "[settings]\nshell = 'x'", "no setting is called 'shell'"),
        (
            DEFINITION.replace("sequence-classification", "generation") + "[settings]\nmatch = 'fuzzy'",
            "match is one of",
        ),
        (DEFINITION.replace('"{rows}"', '"../../../etc/passwd"'), "leads out of"),
        (DEFINITION.replace('"{rows}"', '"gone.jsonl"'), "cannot be read"),
        (DEFINITION.replace("[columns]", "[columns]\nrun = 'x'"), "is called 'run'"),
        (DEFINITION.replace("rows =", "dataset = 'a/b'\nrevision = 'main'\nrows ="), "needs a revision of 40"),
        (DEFINITION.replace("rows =", f"dataset = '../b'\nrevision = '{'a' * 40}'\nrows ="), "leads out of"),
        (DEFINITION.replace("rows =", f"dataset = 'a/b'\nrevision = '{'a' * 40}'\nrows ="), "not on this machine"),
        (CHOICES, "fewer than two choices"),
        (PICTURES, "neither an image nor pixels"),
    ],
)
def test_definitions_that_cannot_be_used_are_refused(tmp_path, definition, said):
    with pytest.raises(BadSuite, match=said):
        suite(tmp_path, definition=definition)


def test_rows_can_lie_in_the_files_of_a_mirrored_data_set_at_one_commit(tmp_path):
    folder = tmp_path / "datasets" / "acme" / "reviews" / ("a" * 40)
    folder.mkdir(parents=True)
    pq.write_table(pa.Table.from_pylist(ROWS[::-1]), folder / "test.parquet")
    more = f"dataset = 'acme/reviews'\nrevision = '{'a' * 40}'\nrows ="
    (tmp_path / "suite.toml").write_text(DEFINITION.replace("rows =", more).format(rows="test.parquet"))
    assert len(read_suite(tmp_path / "suite.toml", tmp_path / "datasets").items) == 2


def test_a_choice_is_labelled_by_its_number_or_where_all_items_share_them_by_its_text(tmp_path):
    own = [{"text": "a", "gold": 1, "choices": ["p", "q"]}]
    assert suite(tmp_path, own, CHOICES).items[0].label == "1"
    shared = suite(tmp_path, [{"text": "a", "gold": "yes"}], CHOICES + '[settings]\nchoices = [" yes", " no"]\n')
    assert shared.choices_of(shared.items[0]) == (" yes", " no")
    with pytest.raises(BadSuite, match="none of its choices"):
        suite(tmp_path, [{"text": "a", "gold": 2, "choices": ["p", "q"]}], CHOICES)


def test_a_picture_is_rows_of_brightness_or_a_file_in_the_folder(tmp_path):
    assert suite(tmp_path, [{"pixels": [[0, 255], [3, 4]], "gold": "x"}], PICTURES).items[0].pixels[0] == (0.0, 255.0)
    for bad in ([[0, 256]], [[1, 2], [3]], [], "abc", [[None]]):
        with pytest.raises(BadSuite, match="pixels cannot be|neither an image"):
            suite(tmp_path, [{"pixels": bad, "gold": "x"}], PICTURES)
    with pytest.raises(BadSuite, match="leads out of"):
        suite(tmp_path, [{"image": "../x.png", "gold": "x"}], PICTURES)
    with pytest.raises(BadSuite, match="The image of row 1 of the suite, 'x.png', is not there."):
        suite(tmp_path, [{"image": "x.png", "gold": "x"}], PICTURES)


def test_the_shipped_suite_is_small_and_has_all_its_labels():
    found = read_suite(SHIPPED / "suites" / "message-kinds.toml")
    assert len(found.items) == 600
    assert found.answers == {"bug", "praise", "question", "request"}
