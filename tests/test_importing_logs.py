"""Logs of every evaluator become the same table of outcomes; hostile ones become one sentence."""

import io
import json
import struct
import zipfile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lineage.flip_report import Analysis
from lineage.importers import IMPORTERS, ReadOptions, read_outcome_file, read_outcomes
from lineage.importers.json_stream import JsonStream
from lineage.outcomes import BadOutcomes
from lineage.pairing import Allowances, pair
from tests import evaluator_logs as logs
from tests.shared import shared

LM_EVAL_VERSIONS = ("0.4.0", "0.4.3", "0.4.4", "0.4.7", "0.4.9")


def read(content: bytes, name="log", **options):
    return read_outcomes(io.BytesIO(content), name, ReadOptions(**options))


def lm_eval(picks, version="0.4.9", **more):
    return logs.lm_eval_log(
        [logs.lm_eval_line(n, pick, version=version, **more) for n, pick in enumerate(picks)], version
    )


def cells(old, new, **allowed):
    return Analysis(pair(old, new, Allowances(**allowed))).count.cells()


@pytest.mark.parametrize("version", LM_EVAL_VERSIONS)
def test_every_layout_of_lm_eval_gives_the_same_outcomes(version):
    table = read(lm_eval([0, 1, 2, 0], version), "samples_x.jsonl")
    assert table.format == "lm-eval"
    assert table.rows["correct"].to_pylist() == [True, False, False, True]
    assert table.rows["prediction"].to_pylist() == ["0", "1", "2", "0"]
    assert set(table.rows["label"].to_pylist()) == {"0"}
    assert table.rows["margin"].to_pylist()[0] == 3.5 and table.rows["score"].to_pylist()[:2] == [1.0, 0.0]
    assert table.rows["id"].to_pylist() == read(lm_eval([0, 1, 2, 0])).rows["id"].to_pylist()


@pytest.mark.parametrize("version", LM_EVAL_VERSIONS)
def test_logs_of_different_versions_pair_item_by_item(version):
    old, new = read(lm_eval([0, 1, 2, 1], version)), read(lm_eval([1, 0, 2, 2]))
    assert cells(old, new) == {"cc": 0, "cw": 1, "wc": 1, "ww_same": 1, "ww_diff": 1}
    assert pair(old, new).notes == ()


def test_items_pair_by_content_and_not_by_place():
    lines = [logs.lm_eval_line(n, 0) for n in range(5)]
    moved = [line | {"doc_id": n} for n, line in enumerate(lines[::-1])]
    assert cells(read(logs.lm_eval_log(lines)), read(logs.lm_eval_log(moved)))["cc"] == 5


def test_an_item_that_a_suite_holds_twice_is_two_items():
    line = logs.lm_eval_line(0, 0)
    table = read(logs.lm_eval_log([line, line | {"doc_id": 1}]))
    assert table.items == 2


def test_a_changed_prompt_is_said_and_not_refused():
    old, new = read(lm_eval([0, 0])), read(lm_eval([0, 1], prompt="Pray, which?"))
    assert pair(old, new).notes == ("The prompt differs in 2 of 2 items: the flips are not of the model alone.",)


def test_one_filter_is_read_and_it_is_said_which():
    lines = [logs.lm_eval_text_line(n, "42", filter="strict-match") for n in range(2)]
    lines += [logs.lm_eval_text_line(n, "41", filter="flexible-extract") for n in range(2)]
    table = read(logs.lm_eval_log(lines))
    assert table.rows["prediction"].to_pylist() == ["42", "42"]
    assert table.notes == ("The log holds 2 filters; the filter 'strict-match' is read.",)
    assert read(logs.lm_eval_log(lines), filter="flexible-extract").rows["prediction"].to_pylist() == ["41", "41"]
    with pytest.raises(BadOutcomes, match="no filter 'none', only 'flexible-extract', 'strict-match'"):
        read(logs.lm_eval_log(lines), filter="none")
    with pytest.raises(BadOutcomes, match="differ in filter"):
        pair(table, read(logs.lm_eval_log(lines), filter="flexible-extract"))


def test_filters_that_nothing_names_are_rounds_over_the_items():
    lines = [logs.lm_eval_line(n, pick, version="0.4.3") for pick in (0, 1) for n in range(3)]
    table = read(logs.lm_eval_log(lines))
    assert table.rows["prediction"].to_pylist() == ["0"] * 3 and "first of its unnamed filters" in table.notes[0]


def test_a_metric_that_weighs_the_choices_first_tells_no_pick():
    lines = [logs.lm_eval_line(n, 1, metric="acc_norm") for n in range(2)]
    table = read(logs.lm_eval_log(lines))
    assert table.rows["prediction"].null_count == 2 and "Which choice acc_norm picked" in table.notes[0]


def test_a_metric_that_contradicts_the_likeliest_choice_is_said():
    lines = [logs.lm_eval_line(n, 0) | {"acc": 0.0} for n in range(2)]
    assert "not what the likeliest choice says on 2 items" in read(logs.lm_eval_log(lines)).notes[0]


def test_a_graded_metric_needs_a_threshold():
    lines = [logs.lm_eval_line(n, 0, metric="rouge1") | {"rouge1": 0.25 * n} for n in range(1, 4)]
    with pytest.raises(BadOutcomes, match="graded"):
        read(logs.lm_eval_log(lines))
    table = read(logs.lm_eval_log(lines), threshold=0.5)
    assert table.rows["correct"].to_pylist() == [False, True, True]
    assert table.rows["score"].to_pylist() == [0.25, 0.5, 0.75]


def test_two_metrics_are_no_pair():
    old, new = read(lm_eval([0, 1])), read(lm_eval([0, 1], metric="exact_match"))
    with pytest.raises(BadOutcomes, match="differ in metric: 'acc' and 'exact_match'"):
        pair(old, new)


def test_tasks_of_two_dated_logs_are_told_apart():
    def of(task):
        return read(lm_eval([0]), f"samples_{task}_2026-01-02T03-04-05.678901.jsonl")

    assert of("gsm8k_cot").suite == "gsm8k_cot"
    with pytest.raises(BadOutcomes, match="different suites, 'a' and 'b'"):
        pair(of("a"), of("b"))


def test_what_the_results_file_says_of_a_run_is_compared(tmp_path):
    tables = []
    for date, dtype in (("2026-01-02T03", "torch.float32"), ("2026-01-03T03", "torch.bfloat16")):
        (tmp_path / f"samples_quiz_a_{date}.jsonl").write_bytes(lm_eval([0, 1]))
        results = {
            "config": {"model_dtype": dtype, "batch_size": "8"},
            "n-shot": {"quiz_a": 0},
            "lm_eval_version": "0.4.9",
        }
        (tmp_path / f"results_{date}.json").write_text(json.dumps(results))
        tables.append(read_outcome_file(tmp_path / f"samples_quiz_a_{date}.jsonl"))
    assert {table.suite for table in tables} == {"quiz_a"}
    assert pair(*tables).notes == ("The two runs differ in dtype (torch.float32, torch.bfloat16).",)


def test_no_flip_goes_into_a_choice_that_was_on_offer():
    analysis = Analysis(pair(read(lm_eval([0, 0, 0])), read(lm_eval([0, 2, 1]))))
    assert analysis.count.cw == 2 and analysis.new_label_flips == 0


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, "zstd", None])
@pytest.mark.parametrize("header", ["header.json", "_journal/start.json"])
def test_every_packing_of_an_inspect_log_gives_the_same_outcomes(method, header):
    samples = [logs.inspect_sample(key, answer) for key, answer in enumerate("ABA")]
    content = logs.inspect_zip(samples, method, header) if method is not None else logs.inspect_json(samples)
    table = read(content, "log.eval")
    assert (table.format, table.suite, table.about["model"]) == ("inspect", "quiz", "acme/tiny")
    found = table.rows.sort_by("id").to_pydict()
    assert (found["id"], found["prediction"]) == (["0", "1", "2"], ["A", "B", "A"])
    assert found["correct"] == [True, False, True] and found["input"][0] == "Question 0?"


def test_an_old_inspect_log_without_samples_is_read_from_its_summaries():
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("start.json", json.dumps(logs.INSPECT_HEADER))
        archive.writestr("summaries.json", json.dumps([logs.inspect_sample(1, "A"), logs.inspect_sample(2, "B")]))
    assert read(buffer.getvalue()).rows["correct"].to_pylist() == [True, False]


def test_what_inspect_says_of_an_answer_becomes_right_or_wrong():
    values = ["C", "I", "N", "P", 1, 0, True, "yes", "0"]
    samples = [logs.inspect_sample(f"{n:02}", "B", value=value) for n, value in enumerate(values)]
    table = read(logs.inspect_json(samples))
    assert table.rows["correct"].to_pylist() == [True, False, False, False, True, False, True, True, False]
    assert table.notes == ("1 answers that were scored as partly right count as wrong.",)
    with pytest.raises(BadOutcomes, match=r"graded \(0.5\)"):
        read(logs.inspect_json([logs.inspect_sample(1, "A", value=0.5)]))
    assert read(logs.inspect_json([logs.inspect_sample(1, "A", value=0.5)]), threshold=0.5).rows["correct"][0].as_py()


def test_repeats_of_an_item_are_one_cluster():
    config = logs.INSPECT_HEADER["eval"] | {"config": {"epochs": 2}}
    samples = [logs.inspect_sample("q", "A", epoch=epoch) for epoch in (1, 2)]
    table = read(logs.inspect_json(samples, eval=config))
    assert table.rows["id"].to_pylist() == ["q", "q#2"] and table.rows["cluster"].to_pylist() == ["q", "q"]


def test_samples_that_ended_in_an_error_are_left_out_and_it_is_said():
    samples = [logs.inspect_sample(1, "A"), logs.inspect_sample(2, "A", error={"message": "late"}, scores=None)]
    table = read(logs.inspect_json(samples))
    assert table.items == 1 and "1 samples of the log were not scored" in table.notes[0]


def test_messages_and_attachments_of_inspect_are_read_as_text():
    turns = [{"role": "user", "content": [{"type": "text", "text": "attachment://x"}]}]
    asked = logs.inspect_sample(1, "A", input=turns, attachments={"x": "What is it?"})
    assert read(logs.inspect_json([asked])).rows["input"].to_pylist() == ["user: What is it?"]


def test_a_log_of_openai_evals_is_read_from_its_match_events():
    table = read(logs.openai_log("ABA"))
    assert (table.format, table.suite, table.about["model"]) == ("openai-evals", "quiz.dev.v0", "acme/tiny")
    assert table.rows["correct"].to_pylist() == [True, False, True]
    assert table.rows["prediction"].to_pylist() == ["A", "B", "A"] and table.rows["id"][1].as_py() == "quiz.dev.1"
    assert table.rows["input"][0].as_py() == "Question 0?"


@pytest.mark.parametrize("schema", ["flat", "structs", "underscored"])
def test_both_schemas_of_lighteval_give_the_same_outcomes(schema):
    name = "details_leaderboard|quiz|0_2026-01-02T03-04-05.678.parquet"
    table = read(logs.parquet(logs.lighteval_rows([0, 1, 2], schema=schema)), name)
    assert (table.format, table.suite) == ("lighteval", "quiz")
    assert table.rows["correct"].to_pylist() == [True, False, False]
    assert table.rows["prediction"].to_pylist() == ["0", "1", "2"] and table.notes == ()
    assert table.rows["label"].to_pylist() == ["0"] * 3 and table.rows["margin"][0].as_py() > 2
    other = read(logs.parquet(logs.lighteval_rows([1, 1, 0], schema="structs")))
    assert cells(table, other) == {"cc": 0, "cw": 1, "wc": 1, "ww_same": 1, "ww_diff": 0}
    assert pair(table, other).notes == ()


def test_what_lighteval_models_wrote_is_the_prediction():
    doc = {"query": "q", "choices": ["42"], "gold_index": [0]}
    row = {"doc": doc, "metric": {"em": 0}, "model_response": {"input": "q", "text": ["So 41."], "logprobs": []}}
    table = read(logs.parquet([row]))
    assert table.rows.select(["label", "prediction", "correct"]).to_pylist() == [
        {"label": "42", "prediction": "So 41.", "correct": False}
    ]


GENERIC = [
    {"id": "x", "label": "a", "prediction": "a", "slice": "s"},
    {"id": "y", "label": 1, "prediction": "2", "slice": None},
]


@pytest.mark.parametrize("format", ["json", "jsonl", "parquet"])
def test_the_generic_formats_give_the_same_outcomes(format):
    content = {
        "json": json.dumps(GENERIC, indent=1).encode(),
        "jsonl": "\n".join(map(json.dumps, GENERIC)).encode(),
        "parquet": logs.parquet([row | {"label": str(row["label"])} for row in GENERIC]),
    }[format]
    table = read(content)
    assert table.format == format
    assert table.rows.select(["id", "label", "prediction", "correct", "slice"]).to_pylist() == [
        {"id": "x", "label": "a", "prediction": "a", "correct": True, "slice": "s"},
        {"id": "y", "label": "1", "prediction": "2", "correct": False, "slice": None},
    ]


def test_the_shared_logs_give_their_published_cells():
    old, new = (read_outcome_file(shared("evallogs", f"samples_uilang_{name}.jsonl")) for name in "ac")
    analysis = Analysis(pair(old, new))
    assert analysis.count.cells() == {"cc": 47, "cw": 10, "wc": 0, "ww_same": 2, "ww_diff": 1}
    assert round(analysis.line()["mcnemar_p"], 5) == 0.00195
    assert (old.suite, old.about["dtype"]) == ("uilang", "torch.float32")
    assert any("60 of 60 items" in note for note in analysis.pairing.notes)


def bomb(name="samples/1_epoch_1.json", size=10**8) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive, archive.open(name, "w") as member:
        for _ in range(size // 10**7):
            member.write(b" " * 10**7)
    return buffer.getvalue()


def lying_bomb() -> bytes:
    """A zip that says of a member of 100 MB that it has 10 bytes."""
    content = bytearray(bomb(size=10**8))
    place = content.rfind(b"PK\1\2")
    content[place + 24 : place + 28] = struct.pack("<I", 10)
    return bytes(content)


def encrypted() -> bytes:
    content = bytearray(logs.inspect_zip([logs.inspect_sample(1, "A")]))
    for mark, offset in ((b"PK\1\2", 8), (b"PK\3\4", 6)):
        place = content.find(mark)
        while place >= 0:
            content[place + offset] |= 1
            place = content.find(mark, place + 1)
    return bytes(content)


HOSTILE = {
    "a zip bomb": (bomb, "unpacks to 100,000,000 bytes"),
    "a zip that lies about a size": (lying_bomb, "damaged|cannot be unpacked"),
    "an encrypted zip": (encrypted, "is encrypted"),
    "half a zip": (lambda: logs.inspect_zip([logs.inspect_sample(1, "A")])[:-30], "not a whole zip"),
    "a zip of anything": (lambda: logs.zstd_zip({"a.txt": b"x"}), "holds no outcomes"),
    "a member that is no JSON": (lambda: logs.zstd_zip({"samples/1_epoch_1.json": b"{"}), "is not JSON"),
    "a damaged zstd member": (
        lambda: logs.inspect_zip([logs.inspect_sample(1, "A")], "zstd").replace(
            b"\x28\xb5\x2f\xfd", b"\x28\xb5\x2f\xfe"
        ),
        "cannot be unpacked",
    ),
    "half a Parquet file": (lambda: logs.parquet(GENERIC[:1])[:-20], "not a whole Parquet"),
    "Parquet without an id": (lambda: logs.parquet([{"label": "a"}]), "has no id"),
    "an array that ends early": (lambda: json.dumps(GENERIC).encode()[:-3], "is not JSON, or ends too early"),
    "deep JSON in an array": (lambda: b'[{"id": ' + b"[" * 10**6, "nested too deeply"),
    "deep JSON in a log": (lambda: b'{"version": 2, "eval": {"task": ' + b"[" * 10**6, "nested too deeply"),
    "NaN in an array": (lambda: b'[{"id": NaN}]', "NaN, which is not a number"),
    "a sample without an id": (lambda: logs.inspect_json([logs.inspect_sample(None, "A")]), "has no id"),
    "an inspect log of errors": (
        lambda: logs.inspect_json([logs.inspect_sample(1, "A", scores={})]),
        "none of its samples",
    ),
    "an eval without matches": (lambda: logs.openai_log(""), "no match events"),
    "results instead of samples": (lambda: b'{\n "results": {"quiz": {"acc,none": 0.5}}}', "the sample log beside it"),
    "a sample log without docs": (lambda: b'{"doc_id": 1, "filtered_resps": []}', "no doc or no doc_id"),
    "a metric that is a pair": (
        lambda: lm_eval([0], metric="word_perplexity").replace(b"1.0}", b"[1, 2]}"),
        "no metric",
    ),
}


@pytest.mark.parametrize("make, sentence", HOSTILE.values(), ids=HOSTILE.keys())
def test_a_hostile_or_broken_log_is_one_sentence(make, sentence):
    with pytest.raises(BadOutcomes, match=sentence) as caught:
        read(make())
    assert "\n" not in str(caught.value) and len(str(caught.value)) < 400


SEEDS = [
    lm_eval([0, 1]),
    lm_eval([0, 1], "0.4.0"),
    logs.inspect_json([logs.inspect_sample(1, "A")]),
    logs.inspect_zip([logs.inspect_sample(1, "A")], "zstd"),
    logs.openai_log("AB"),
    logs.parquet(logs.lighteval_rows([0, 1], schema="structs")),
    logs.parquet(GENERIC[:1]),
]


@given(st.sampled_from(SEEDS), st.data())
@settings(max_examples=200, deadline=None)
def test_no_damage_to_a_log_is_more_than_a_sentence(seed, data):
    content = bytearray(seed)
    for _ in range(data.draw(st.integers(1, 4))):
        place = data.draw(st.integers(0, len(content) - 1))
        content[place : place + data.draw(st.integers(0, 3))] = data.draw(st.binary(max_size=4))
    for format in ("", *IMPORTERS):
        try:
            read(bytes(content), format=format)
        except BadOutcomes as problem:
            assert "\n" not in str(problem)


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text() | st.floats(allow_nan=False, allow_infinity=False),
    lambda children: st.lists(children, max_size=4) | st.dictionaries(st.text(), children, max_size=4),
    max_leaves=12,
)


class Dripping(io.BytesIO):
    """A stream that never gives more than three bytes."""

    def read(self, size=-1):
        return super().read(3)


@given(
    st.dictionaries(st.text(), values, max_size=4), st.lists(st.dictionaries(st.text(), values, max_size=3), max_size=4)
)
@settings(max_examples=60, deadline=None)
def test_json_read_in_drops_is_the_json_that_was_written(members, elements):
    for make in (io.BytesIO, Dripping):
        text = JsonStream(make(json.dumps(members, ensure_ascii=False, indent=1).encode("utf8", "surrogatepass")))
        try:
            assert {name: text.value() for name in text.member_names()} == members
        except BadOutcomes as problem:
            assert "UTF-8" in str(problem)
        array = JsonStream(make(json.dumps(elements).encode()))
        assert list(array.elements()) == elements
