"""`compare --outcomes`: two files in, one line and a stored comparison out; bad input leaves nothing behind."""

import json
import math

import pytest
from django.conf import settings
from django.core.management import call_command
from django.core.management.base import CommandError
from hypothesis import given
from hypothesis import strategies as st

from lineage.importers import ReadOptions, read_outcome_file, read_outcomes
from lineage.models import Comparison, FlippedItem, OutcomeSet
from lineage.outcomes import BadOutcomes
from registry.cli import BAD_INPUT, NO, UNKNOWN, USAGE, YES
from tests.outcome_rows import jsonl, rows

LINE_KEYS = (
    "n cells accuracy_old accuracy_new nfr pfr nfr_ci nfr_upper relative_nfr nfi btc bec_of_new_errors"
    " bec_of_old_errors churn mcnemar_p delta delta_ci slices new_label_flips noise verdict reason"
).split()


def write(path, outcomes):
    path.write_bytes(jsonl(outcomes))
    return str(path)


@pytest.fixture
def pair_of(tmp_path):
    """Writes two files of rows and answers their paths."""

    def paths(old, new):
        return write(tmp_path / "old.jsonl", old), write(tmp_path / "new.jsonl", new)

    return paths


def compared(capsys, paths, *options):
    """Exit status, the line printed, what went to stderr."""
    status = YES
    try:
        call_command("compare", "--outcomes", *map(str, paths), "--json", *options)
    except SystemExit as exit:
        status = exit.code
    except CommandError as error:
        capsys.readouterr()
        return error.returncode, None, str(error)
    out, err = capsys.readouterr()
    return status, json.loads(out), err


pytestmark = pytest.mark.django_db


def test_the_line_has_exactly_the_agreed_keys_and_the_counts_of_the_cells(capsys, pair_of):
    status, line, _ = compared(capsys, pair_of(rows("aabbc"), rows("abaxc")))
    assert status == YES
    assert list(line) == LINE_KEYS
    assert line["cells"] == {"cc": 1, "cw": 1, "wc": 1, "ww_same": 1, "ww_diff": 1}
    assert (line["n"], line["nfr"], line["pfr"], line["churn"], line["delta"]) == (5, 0.2, 0.2, 0.6, 0.0)
    assert line["new_label_flips"] == 0 and line["noise"] is None and line["verdict"] is None


def test_a_comparison_is_kept_with_its_report_and_its_broken_items(capsys, pair_of):
    compared(capsys, pair_of(rows("aaab"), rows("azab", slice="s")))
    comparison = Comparison.objects.get()
    assert comparison.status == "done" and comparison.negative_flip_rate == 0.25 and comparison.items == 4
    item = FlippedItem.objects.get()
    assert (item.item_id, item.label, item.prediction_old, item.prediction_new) == ("1", "a", "a", "z")
    assert item.is_negative and item.is_new_label and item.slice == "s"
    assert comparison.old.path.is_file() and comparison.old.path.stem == comparison.old.digest


def test_asking_twice_finds_the_same_rows(capsys, pair_of):
    paths = pair_of(rows("aab"), rows("abb"))
    first, second = compared(capsys, paths), compared(capsys, paths)
    assert first == second
    assert (Comparison.objects.count(), OutcomeSet.objects.count(), FlippedItem.objects.count()) == (1, 2, 1)
    compared(capsys, paths, "--budget", "0.5")
    assert (Comparison.objects.count(), OutcomeSet.objects.count()) == (2, 2)


def test_order_of_lines_and_format_do_not_change_the_answer(capsys, tmp_path, pair_of):
    old, new = pair_of(rows("aab"), rows("abb")[::-1])
    table = tmp_path / "new.csv"
    table.write_text("label,id,prediction\na,2,b\na,1,b\na,0,a\n", "utf8")
    assert compared(capsys, (old, new))[1] == compared(capsys, (old, table))[1]


def test_the_budget_has_three_answers(capsys, pair_of):
    paths = pair_of(rows("a" * 300), rows("a" * 299 + "b"))
    for budget, expected in (("0.02", YES), ("0.0001", NO), ("0.01", UNKNOWN)):
        status, line, _ = compared(capsys, paths, "--budget", budget)
        assert status == expected, budget
        assert line["verdict"] == {YES: "pass", NO: "fail", UNKNOWN: "unknown"}[expected]
        assert "1 of 300 items broke" in line["reason"]


def test_a_hundred_items_without_a_flip_do_not_prove_one_per_cent(capsys, pair_of):
    status, line, _ = compared(capsys, pair_of(rows("a" * 100), rows("a" * 100)), "--budget", "0.01")
    assert status == UNKNOWN and line["nfr"] == 0 and "2.95 %" in line["reason"]


def test_with_correct_only_nothing_is_said_of_predictions(capsys, pair_of):
    old = [{"id": n, "correct": right} for n, right in enumerate([True, 1, 0, "false"])]
    new = [{"id": n, "correct": right} for n, right in enumerate([True, 0, "1", False])]
    _, line, _ = compared(capsys, pair_of(old, new))
    assert line["cells"] == {"cc": 1, "cw": 1, "wc": 1, "ww_same": None, "ww_diff": None}
    assert line["churn"] is None and line["new_label_flips"] is None


def test_labels_compare_as_strings(capsys, pair_of):
    old = [{"id": 1, "label": 1, "prediction": "1"}, {"id": 2, "label": "2", "prediction": 2}]
    _, line, _ = compared(capsys, pair_of(old, old))
    assert line["cells"]["cc"] == 2


def test_a_slice_is_tested_from_twenty_items_on(capsys, pair_of):
    def part(name, answers, first):
        return [row | {"id": f"{name}{n}", "slice": name} for n, row in enumerate(rows(answers), first)]

    old = part("big", "a" * 40, 0) + part("small", "a" * 19, 0)
    new = part("big", "a" * 30 + "b" * 10, 0) + part("small", "b" * 19, 0)
    _, line, _ = compared(capsys, pair_of(old, new))
    big, small = line["slices"]
    assert big == {"slice": "big", "n": 40, "cw": 10, "wc": 0, "p": 2**-10, "p_holm": 2**-10}
    assert small == {"slice": "small", "n": 19, "cw": 19, "wc": 0, "p": None, "p_holm": None}


def test_flips_into_answers_the_old_version_never_gave_are_counted_apart(capsys, pair_of):
    _, line, _ = compared(capsys, pair_of(rows("aaab"), rows("bzzb")))
    assert line["new_label_flips"] == 2


BAD = {
    "an empty file": ("", "is empty"),
    "blank lines": ("\n\n", "is empty"),
    "text": ("hello\n", "line 1 is not JSON"),
    "half a line": ('{"id": 1, "label": "a", "prediction": "a"}\n{"id": 2, "la', "line 2 is not JSON"),
    "a list": ("[1, 2]\n", "element 1 is not a JSON object"),
    "no id": ('{"label": "a", "prediction": "a"}\n', "has no id"),
    "a null id": ('{"id": null, "label": "a", "prediction": "a"}\n', "has no id"),
    "no answer": ('{"id": 1, "label": "a"}\n', "neither label and prediction nor correct"),
    "a null answer": ('{"id": 1, "label": "a", "prediction": null}\n', "has no prediction"),
    "a doubled id": ('{"id": 1, "correct": 1}\n{"id": "1", "correct": 0}\n', "more than once"),
    "NaN": ('{"id": 1, "correct": 1, "score": NaN}\n', "NaN, which is not a number"),
    "an infinity": ('{"id": 1, "correct": 1, "score": 1e999}\n', "not a finite number"),
    "a fraction for right": ('{"id": 1, "correct": 0.5}\n', "neither true nor false"),
    "a list for a label": ('{"id": 1, "label": ["a"], "prediction": "a"}\n', "neither text nor a number"),
    "depth": ('{"id": ' + "[" * 200_000, "nested too deeply"),
    "a lone surrogate": ('{"id": 1, "label": "\\ud800", "prediction": "a"}\n', "not valid Unicode"),
    "a number of 10,000 digits": ('{"id": ' + "9" * 10_000 + ', "correct": 1}\n', "is not JSON"),
    "two suites": ('{"id": 1, "correct": 1, "suite": "x"}\n{"id": 2, "correct": 1, "suite": "y"}\n', "mixes 2 suites"),
}


@pytest.mark.parametrize("text, sentence", BAD.values(), ids=BAD.keys())
def test_bad_input_is_one_sentence_and_leaves_nothing(capsys, tmp_path, pair_of, text, sentence):
    good, _ = pair_of(rows("aa"), rows("aa"))
    bad = tmp_path / "bad.jsonl"
    bad.write_text(text, "utf8")
    status, _, said = compared(capsys, (good, bad))
    assert status == BAD_INPUT
    assert sentence in said and "\n" not in said and len(said) < 500
    assert not Comparison.objects.exists() and not OutcomeSet.objects.exists()


BAD_PAIRS = {
    "other items": (rows("aa"), rows("aaa"), "1 only in the new one"),
    "no common item": (rows("aa"), [row | {"id": f"x{row['id']}"} for row in rows("aa")], "no item in common"),
    "other right answers": (rows("aab"), [*rows("aa"), rows("aaa", label="c")[2]], "disagree on the right answer of 1"),
    "a permuted label map": (
        [*rows("aa"), {"id": "b", "label": "b", "prediction": "b"}],
        [*rows("bb", label="b"), {"id": "b", "label": "a", "prediction": "a"}],
        "'a' is now 'b', 'b' is now 'a'",
    ),
    "other suites": (rows("a", suite="one"), rows("a", suite="two"), "different suites"),
    "other slices": (rows("a", slice="one"), rows("a", slice="two"), "different slices"),
}


@pytest.mark.parametrize("old, new, sentence", BAD_PAIRS.values(), ids=BAD_PAIRS.keys())
def test_two_files_that_are_not_one_test_are_refused(capsys, pair_of, old, new, sentence):
    status, _, said = compared(capsys, pair_of(old, new))
    assert status == BAD_INPUT and sentence in said
    assert not Comparison.objects.exists() and not OutcomeSet.objects.exists()


def test_a_version_that_answers_under_swapped_names_is_refused_until_someone_looked(capsys, pair_of):
    gold = "ab" * 30
    old = [{"id": n, "label": right, "prediction": right} for n, right in enumerate(gold)]
    new = [row | {"prediction": "b" if row["label"] == "a" else "a"} for row in old]
    status, _, said = compared(capsys, pair_of(old, new))
    assert status == BAD_INPUT and "label map looks permuted" in said
    status, line, _ = compared(capsys, pair_of(old, new), "--labels-checked")
    assert status == YES and line["nfr"] == 1


def test_the_common_items_are_compared_only_when_asked_and_it_is_said(capsys, pair_of):
    status, line, _ = compared(capsys, pair_of(rows("aab"), rows("ab")), "--common-items")
    assert status == YES and line["n"] == 2
    assert "Only the 2 common items were compared: 1 items stand only in the old file" in line["reason"]


@pytest.mark.parametrize("budget", ["1.5", "-0.1", "nan", "5%"])
def test_a_budget_is_a_fraction(capsys, pair_of, budget):
    assert compared(capsys, pair_of(rows("a"), rows("a")), f"--budget={budget}")[0] == USAGE


def test_a_file_of_five_gigabytes_is_refused_at_once(capsys, tmp_path, pair_of):
    good, _ = pair_of(rows("a"), rows("a"))
    huge = tmp_path / "huge.jsonl"
    with huge.open("wb") as file:
        file.truncate(5 << 30)  # sparse: no disk is used
    status, _, said = compared(capsys, (good, huge))
    assert status == BAD_INPUT and "5,368,709,120 bytes" in said


def test_a_file_that_is_not_there_is_bad_input(capsys, tmp_path, pair_of):
    good, _ = pair_of(rows("a"), rows("a"))
    status, _, said = compared(capsys, (good, tmp_path / "none.jsonl"))
    assert status == BAD_INPUT and "cannot be read" in said


def test_an_outcome_file_is_never_left_half_written(capsys, pair_of):
    compared(capsys, pair_of(rows("ab"), rows("ba")))
    assert not list((settings.DATA_DIR / "outcomes").rglob("*.part"))


def test_an_answer_with_a_nul_is_kept_where_the_database_can_hold_it(capsys, pair_of):
    status, _, _ = compared(capsys, pair_of(rows(["a"], slice="s\0"), rows(["a\0b"], slice="s\0")))
    assert status == YES
    assert FlippedItem.objects.get().prediction_new == "a\N{REPLACEMENT CHARACTER}b"


answers = st.lists(st.sampled_from("abc"), min_size=1, max_size=30)


@given(answers, st.randoms())
def test_the_digest_is_of_the_outcomes_and_not_of_their_order(answers, random):
    import io

    lines = [json.dumps(row) + "\n" for row in rows(answers)]
    shuffled = random.sample(lines, len(lines))
    tables = [read_outcomes(io.BytesIO("".join(order).encode()), "x.jsonl") for order in (lines, shuffled)]
    assert tables[0].digest == tables[1].digest
    changed = io.BytesIO("".join(lines).replace('"prediction": "a"', '"prediction": "c"').encode())
    assert (read_outcomes(changed, "x.jsonl").digest != tables[0].digest) == ("a" in answers)


CSV = {
    "semicolons": "id;label;prediction\n1;a;a\n2;a;b\n",
    "tabs": "id\tlabel\tpred\n1\ta\ta\n2\ta\tb\n",
    "a byte order mark and Windows line ends": "\ufeffid,label,prediction\r\n1,a,a\r\n2,a,b\r\n",
    "a line break within an answer": 'id,label,prediction\n1,a,a\n2,a,"b\n\nc"\n',
    "correct as words": "id,correct\n1,TRUE\n2,False\n",
}


@pytest.mark.parametrize("text", CSV.values(), ids=CSV.keys())
def test_tables_as_people_write_them_are_read(tmp_path, text):
    path = tmp_path / "outcomes.csv"
    path.write_bytes(text.encode())
    assert read_outcome_file(path).rows["correct"].to_pylist() == [True, False]


BAD_CSV = {
    "id,label\n1,a\n": "neither label and prediction nor correct",
    "id,label,prediction\n1,a\n": "row 1 has 2 fields where the header names 3",
    "id,id,correct\n1,1,1\n": "names a column twice",
    'id,correct\n1,"1\n': "not CSV",
    "id,label,prediction\n1,,a\n": "has no label",
    "name,correct\n1,1\n": "none of the formats",
    "id,correct\n": "holds no outcomes",
}


@pytest.mark.parametrize("text, sentence", BAD_CSV.items())
def test_a_broken_table_is_one_sentence(tmp_path, text, sentence):
    path = tmp_path / "outcomes.csv"
    path.write_text(text, "utf8")
    with pytest.raises(BadOutcomes, match=sentence):
        read_outcome_file(path)


def test_a_graded_answer_is_right_from_the_threshold_on(tmp_path):
    path = tmp_path / "outcomes.csv"
    path.write_text("id,score\n1,0.4\n2,0.5\n3,0.9\n", "utf8")
    table = read_outcome_file(path, ReadOptions(threshold=0.5))
    assert table.rows["correct"].to_pylist() == [False, True, True]
    with pytest.raises(BadOutcomes, match="does not say whether it is correct"):
        read_outcome_file(path)


@given(st.binary(max_size=300))
def test_no_bytes_crash_a_reader(content):
    import io

    for name in ("x.jsonl", "x.csv", "x"):
        try:
            table = read_outcomes(io.BytesIO(content), name)
        except BadOutcomes as problem:
            assert "\n" not in str(problem)
        else:
            assert table.items > 0 and not any(math.isnan(s) for s in table.rows["score"].drop_null().to_pylist())


def test_a_second_run_must_pass_items_and_slices_are_asked_on_the_command_line(capsys, tmp_path, pair_of):
    old, new = pair_of(rows("a" * 400), rows("a" * 399 + "b"))
    (tmp_path / "must.txt").write_text("399\n7\n", "utf8")
    options = ("--noise", old, "--must-pass", str(tmp_path / "must.txt"), "--non-inferiority", "0.05")
    status, line, _ = compared(capsys, (old, new), *options)
    assert status == NO and "'399'" in line["reason"]
    assert line["noise"] == {
        "n": 400,
        "flips": 0,
        "nfr": 0,
        "pfr": 0,
        "churn": 0,
        "nfr_above": 0.0025,
        "margin_band": None,
    }
    assert Comparison.objects.get().rerun == Comparison.objects.get().old
    (tmp_path / "must.txt").write_text("\n", "utf8")
    assert compared(capsys, (old, new), *options)[0] == BAD_INPUT
