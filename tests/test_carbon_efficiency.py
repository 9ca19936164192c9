"""The study's efficiency classes, worked out again by hand and by numpy on small corpora of our own."""

import json
from fractions import Fraction
from io import StringIO

import numpy
import pytest
from django.core.management import CommandError, call_command
from hypothesis import given, settings
from hypothesis import strategies as st

from openness.carbon.efficiency import EMISSIONS, WEIGHTS, Model, bounds_of, label, labels_of
from openness.carbon.efficiency_csv import lines_of

HEADER = "id,emissions_g,size_bytes,dataset_size_bytes,downloads,metrics\n"
ROWS = """distilgpt2,149200,352833716,39769494896,1172830,
a/one,0.5,400000000,1000000,14,"{""f1"": 0.9, ""accuracy"": 91}"
a/two,133.02,308192133,,100,"{""rouge1"": 0.525, ""rougeL"": 0.5}"
a/three,17,250000000,5000000,9,"{""accuracy"": 55.5}"
a/four,28.53,,,0,"{""f1"": 0}"
a/five,4009.5,57979406,13187500000,570,"{""f1"": 0.8008}"
a/six,0,57979406,13187500000,570,
"""


def answer(text):
    *rows, last = lines_of(text.encode())
    return {row["id"]: row for row in rows}, last


def test_the_reference_model_gives_the_reference_and_the_median_fills_its_gaps():
    _, last = answer(HEADER + ROWS)
    assert last["reference"][EMISSIONS] == 149_200
    assert last["reference"]["size_efficency"] == pytest.approx(2364.837, abs=1e-3)
    assert last["reference"]["datasets_size_efficency"] == pytest.approx(266551.574, abs=1e-3)
    assert last["reference"]["downloads"] == 1_172_830
    assert last["reference"]["performance_score"] is not None


def test_bounds_are_numpy_s_percentiles_and_those_of_emissions_of_the_square_root():
    _, last = answer(HEADER + ROWS)
    index = 149_200 / numpy.array([149_200, 0.5, 133.02, 17, 28.53, 4009.5])
    assert last["boundaries"][EMISSIONS] == pytest.approx(numpy.percentile(numpy.sqrt(index), [80, 60, 40, 20]))
    assert last["boundaries_corrected"][EMISSIONS] == pytest.approx(numpy.percentile(index, [80, 60, 40, 20]))
    downloads = numpy.array([1_172_830, 14, 100, 9, 0, 570]) / 1_172_830
    assert last["boundaries"]["downloads"] == pytest.approx(numpy.percentile(downloads, [96, 94, 85, 60]))


def test_the_published_slip_puts_nearly_all_in_band_a_and_the_correction_spreads_them():
    rows, _ = answer(HEADER + ROWS)
    published = [row["bands"][EMISSIONS] for row in rows.values()]
    corrected = [row["band_corrected"][EMISSIONS] for row in rows.values()]
    assert published == ["E", "A", "A", "A", "A", "C", None]
    assert corrected == ["E", "A", "D", "B", "C", "E", None]


def test_zero_emissions_have_no_label_and_set_no_bound():
    rows, _ = answer(HEADER + ROWS)
    without, _ = answer(HEADER + ROWS.rpartition("a/six")[0])
    assert (rows["a/six"]["label_published"], rows["a/six"]["label_corrected"]) == (None, None)
    assert rows["a/one"] == without["a/one"]


def test_weights_are_renormalised_over_what_is_there_and_ties_round_to_even():
    assert sum(WEIGHTS.values()) == 1
    assert label({"size_efficency": 0, "datasets_size_efficency": 1}) == "A"  # 0.5 rounds to 0
    assert label({"size_efficency": 1, "datasets_size_efficency": 2}) == "C"  # 1.5 rounds to 2
    assert label({EMISSIONS: 0, "downloads": 4, "performance_score": 4}) == "C"  # 1.8 / 0.8 = 2.25
    assert label({EMISSIONS: None}) is None


def test_no_corrected_label_stands_on_other_metrics_alone():
    rows, _ = answer(HEADER + ROWS + "a/mute,,1000,1000,50,\n")
    assert rows["a/mute"]["label_published"] is not None
    assert rows["a/mute"]["label_corrected"] is None


def test_a_row_whose_emissions_cannot_be_read_takes_no_part_and_says_so():
    rows, last = answer(HEADER + ROWS + "a/bad,=1+1,1000,1000,50,\na/minus,-5,1,1,7,\n")
    without, bounds = answer(HEADER + ROWS)
    for name in ("a/bad", "a/minus", "a/six"):
        said = rows[name]
        assert (said["label_published"], said["label_corrected"], set(said["bands"].values())) == (None, None, {None})
        assert said["problem"].startswith("emissions_g: ")
    assert last["boundaries"] == bounds["boundaries"] and rows["a/one"]["bands"] == without["a/one"]["bands"]


def test_a_metric_whose_reference_is_zero_or_unknown_is_named_with_the_reason(tmp_path):
    text = HEADER + "distilgpt2,149200,,,0,\na/one,0.5,,1000,14,\na/two,133,,2000,100,\n"
    rows, last = answer(text)
    assert "is 0" in last["left_out"]["downloads"] and "No model" in last["left_out"]["size_efficency"]
    assert set(last["left_out"]) == {"downloads", "performance_score", "size_efficency"}
    assert {row["bands"]["downloads"] for row in rows.values()} == {None}
    (tmp_path / "corpus.csv").write_text(text, "utf8")
    out = StringIO()
    call_command("assess", "--carbon", str(tmp_path / "corpus.csv"), stdout=out)
    assert "downloads takes no part: The reference is 0" in out.getvalue()
    assert answer(HEADER + ROWS)[1]["left_out"] == {}


def test_values_that_floats_cannot_tell_apart_are_ranked_and_banded_exactly():
    steps = [Fraction(1) + Fraction(number, 10**30) for number in range(11)]
    models = [Model(f"m{number}", Fraction(7), downloads=value) for number, value in enumerate(steps)]
    bounds = bounds_of(models[::-1])
    assert bounds.published["downloads"][2:] == tuple(
        (steps[0] + Fraction(part, 10**30)) / steps[5] for part in (Fraction(85, 10), 6)
    )
    assert [found.bands["downloads"] for found in labels_of(models, bounds)] == [4] * 7 + [3] * 2 + [2, 0]


def test_the_version_of_the_bounds_moves_with_the_corpus_and_not_with_its_order():
    lines = ROWS.splitlines(keepends=True)
    rows, last = answer(HEADER + ROWS)
    assert {row["version"] for row in rows.values()} == {last["version"]}  # no label without its bounds
    versions = [answer(HEADER + "".join(rows))[1]["version"] for rows in (lines, lines[::-1], lines[:-3])]
    assert versions[0] == versions[1] != versions[2]


def test_cells_that_are_no_amounts_are_that_row_s_problem():
    rows, _ = answer(HEADER + "a/x,-3,1,1,1,\na/y,=1+1,1,1,1,\na/z,3,1,1,1,[[[\na/ok,3,1,1,1,\n")
    assert [bool(row["problem"]) for row in rows.values()] == [True, True, True, False]


@settings(max_examples=50)
@given(st.lists(st.tuples(st.integers(1, 10**9), st.integers(0, 10**6)), min_size=2, max_size=40))
def test_bands_agree_with_the_published_code_s_rule(pairs):
    models = [Model(f"m{n}", Fraction(g, 100), None, None, Fraction(d)) for n, (g, d) in enumerate(pairs)]
    bounds = bounds_of(models)
    for model, found in zip(models, labels_of(models, bounds), strict=True):
        index = bounds.reference[EMISSIONS] / model.emissions_g
        ends = [float("inf"), *bounds.published[EMISSIONS], 0]
        inside = [n for n in range(5) if ends[n + 1] < index <= ends[n]]
        assert found.bands[EMISSIONS] == (inside[0] if inside else 4)


def test_the_command_prints_a_line_a_row_and_closes_with_the_bounds(tmp_path):
    (tmp_path / "corpus.csv").write_text(HEADER + ROWS, "utf8")
    out = StringIO()
    call_command("assess", "--carbon", str(tmp_path / "corpus.csv"), "--json", stdout=out)
    lines = [json.loads(line) for line in out.getvalue().splitlines()]
    assert [line.get("id") for line in lines][:2] == ["distilgpt2", "a/one"]
    assert set(lines[-1]) >= {"boundaries", "reference"}


@pytest.mark.parametrize("content", [b"", b"\xff\xfe\x00", b"id,size_bytes\na,1\n"])
def test_a_file_that_is_no_corpus_is_bad_input(tmp_path, content):
    (tmp_path / "corpus.csv").write_bytes(content)
    for path in (tmp_path / "corpus.csv", tmp_path, tmp_path / "missing.csv"):
        with pytest.raises(CommandError) as error:
            call_command("assess", "--carbon", str(path), stdout=StringIO())
        assert error.value.returncode == 3


@pytest.mark.parametrize("own", ["distilgpt2", "distilbert/distilgpt2"])
def test_the_reference_is_the_model_itself_and_no_copy_of_it_wherever_it_stands(own):
    rows = ROWS.replace("distilgpt2", own)
    copy = "somebody/distilgpt2,7,352833716,,12,\n"
    for text in (copy + rows, rows + copy):
        assert answer(HEADER + text)[1]["reference"][EMISSIONS] == 149_200


def test_the_study_s_own_file_is_read_by_its_own_names():
    ours = b"id,emissions_g,size_bytes,dataset_size_bytes,downloads,metrics\n" + b"".join(
        b'm%d,%d,100,200,%d,"{""accuracy"": 0.%d}"\n' % (n, n + 1, n * 7, n + 1) for n in range(8)
    )
    theirs = b"modelId,datasets_size,co2_eq_emissions,size,downloads,performance_metrics,domain\n" + b"".join(
        b"m%d,200,%d,100,%d,\"{'accuracy': 0.%d, 'f1': None}\",NLP\n" % (n, n + 1, n * 7, n + 1) for n in range(8)
    )
    assert list(lines_of(theirs)) == list(lines_of(ours))
