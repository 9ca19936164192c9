"""What the evaluators' own sources write beyond the plain case: doubled requests, texts of lists, NaN, empty picks."""

import io
import json
from contextlib import suppress

import pytest

from lineage.flip_report import Analysis
from lineage.importers import ReadOptions, read_outcomes
from lineage.outcomes import BadOutcomes
from lineage.pairing import pair
from tests import evaluator_logs as logs


def read(content: bytes, name="log", **options):
    return read_outcomes(io.BytesIO(content), name, ReadOptions(**options))


def with_mutual_information(line):
    """A line as lm-eval writes it for `acc_mutual_info`: each choice once more behind an empty prompt."""
    alone = {f"gen_args_{3 + n}": {"arg_0": "", "arg_1": line["arguments"][f"gen_args_{n}"]["arg_1"]} for n in range(3)}
    unconditional = [["-9.0", "False"], ["-9.0", "False"], ["-0.1", "True"]]
    return line | {
        "arguments": line["arguments"] | alone,
        "filtered_resps": line["filtered_resps"] + unconditional,
        "metrics": ["acc", "acc_mutual_info"],
        "acc_mutual_info": 0.0,
    }


def test_requests_without_a_prompt_are_no_further_choices():
    table = read(logs.lm_eval_log([with_mutual_information(logs.lm_eval_line(n, n % 2)) for n in range(4)]))
    assert table.rows["prediction"].to_pylist() == ["0", "1", "0", "1"] and table.about["choices"] == 3
    assert table.notes == () and table.about["metric"] == "acc"


def test_a_choice_without_a_likelihood_is_refused_in_every_layout():
    lines = [logs.lm_eval_line(0, 0, version="0.4.0"), logs.lm_eval_line(1, 0, version="0.4.0")]
    lines[1]["filtered_resps"][1][0] = float("nan")
    with pytest.raises(BadOutcomes, match=r"element 2: a choice's log-probability is not a number \(NaN\)"):
        read(logs.lm_eval_log(lines, "0.4.0"))
    lines = [logs.lm_eval_line(0, 0)]
    lines[0]["filtered_resps"][1][0] = "nan"
    with pytest.raises(BadOutcomes, match="line 1: a choice's log-probability"):
        read(logs.lm_eval_log(lines))
    row = logs.lighteval_rows([0], schema="structs")[0]
    row["model_response"]["logprobs"][2] = float("nan")
    with pytest.raises(BadOutcomes, match="row 1: a choice's log-probability"):
        read(logs.parquet([row]))


def test_nan_is_passed_over_where_nobody_reads_it_and_refused_where_it_counts():
    line = logs.lm_eval_line(0, 0)
    line["doc"]["difficulty"] = float("nan")
    assert read(logs.lm_eval_log([line])).rows["correct"].to_pylist() == [True]
    line |= {"acc": float("nan"), "acc_norm": 1.0, "metrics": ["acc", "acc_norm"]}
    with pytest.raises(BadOutcomes, match="its metric 'acc' is not a finite number"):
        read(logs.lm_eval_log([line]))


def written(query, said, *, schema, right="42"):
    """A row of a task whose answer is written, as both schemas of lighteval hold it."""
    metric = {"em": int(said == right)}
    if schema == "structs":
        doc = {"query": query, "choices": [right], "gold_index": 0}
        return {"doc": doc, "metric": metric, "model_response": {"input": query, "text": [said], "logprobs": []}}
    flat = {"example": query, "full_prompt": query, "predictions": [said], "gold": [right], "choices": []}
    flat |= {"gold_index": [], "metrics": metric}
    return {name: str(value) for name, value in flat.items()} if schema == "text" else flat


@pytest.mark.parametrize("schema", ["text", "flat"])
def test_written_answers_of_both_lighteval_schemas_are_the_same_items(schema):
    old = read(logs.parquet([written("a", "41", schema=schema), written("b", "42", schema=schema)]))
    new = read(logs.parquet([written("b", "43", schema="structs"), written("a", "41", schema="structs")]))
    assert old.rows["prediction"].to_pylist() == ["41", "42"] and old.rows["label"].to_pylist() == ["42", "42"]
    assert Analysis(pair(old, new)).count.cells() == {"cc": 0, "cw": 1, "wc": 0, "ww_same": 1, "ww_diff": 0}
    assert pair(old, new).notes == ()


def test_columns_written_as_python_text_are_read_even_with_infinite_numbers():
    rows = logs.lighteval_rows([0, 1, 2], schema="flat")
    for row in rows:
        row["predictions"] = "[(-1.0, True), (-inf, False), (-3.0, False)]"
    as_text = [{name: str(value) for name, value in row.items()} for row in rows]
    table = read(logs.parquet(as_text))
    assert table.rows["prediction"].to_pylist() == ["0", "0", "0"] and table.rows["margin"][0].as_py() == 2.0
    whole = read(logs.parquet(logs.lighteval_rows([0, 1, 2], schema="structs")))
    assert table.rows["id"].to_pylist() == whole.rows["id"].to_pylist()


def test_a_second_likelihood_of_each_choice_is_not_a_choice_of_lighteval():
    row = logs.lighteval_rows([1], schema="structs")[0]
    row["model_response"]["logprobs"] += [-0.1, -0.2, -0.3]
    assert read(logs.parquet([row])).rows["prediction"].to_pylist() == ["1"]


def test_any_of_several_right_choices_is_right():
    row = logs.lighteval_rows([1], schema="structs")[0]
    row["doc"]["gold_index"], row["metric"] = [0, 1], {"acc": 1}
    table = read(logs.parquet([row]))
    assert table.rows["correct"].to_pylist() == [True] and table.notes == ()


def test_the_examples_shown_are_said_beside_the_task_and_not_as_another_task():
    day = "2026-01-02T03-04-05.678.parquet"
    old = read(logs.parquet(logs.lighteval_rows([0], schema="flat")), f"details_leaderboard|arc:challenge|25_{day}")
    new = read(logs.parquet(logs.lighteval_rows([0], schema="structs")), f"details_arc:challenge|0_{day}")
    assert old.suite == new.suite == "arc:challenge"
    assert pair(old, new).notes == ("The two runs differ in number of examples shown (25, 0).",)


def test_what_inspect_could_not_score_is_left_out_and_it_is_said():
    nan = {"scores": {"choice": {"value": float("nan"), "answer": ""}}}
    samples = [logs.inspect_sample(1, "A"), logs.inspect_sample(2, "B") | nan]
    samples.append(logs.inspect_sample(3, "A") | {"invalidation": {"author": "a"}})
    table = read(logs.inspect_json(samples))
    assert table.rows["id"].to_pylist() == ["1"]
    said = "2 samples of the log were not scored, declared invalid, or ended in an error; they are left out."
    assert table.notes == (said,)


def test_the_first_logs_of_inspect_had_one_score():
    sample = logs.inspect_sample(1, "A")
    old = {key: value for key, value in sample.items() if key != "scores"} | {"score": sample["scores"]["choice"]}
    assert read(logs.inspect_json([old])).rows["correct"].to_pylist() == [True]


def test_what_openai_evals_did_not_pick_is_what_was_sampled():
    lines = [json.loads(line) for line in logs.openai_log("ABB").splitlines()]
    for line, picked in zip([line for line in lines if line.get("type") == "match"], (["A"], [], None), strict=True):
        line["data"]["picked"] = picked
    table = read("".join(json.dumps(line) + "\n" for line in lines).encode())
    assert table.rows["prediction"].to_pylist() == ["A", "B", "B"]
    assert table.rows["correct"].to_pylist() == [True, False, False]


def test_a_final_report_with_nan_hides_no_outcome():
    content = logs.openai_log("AB").replace(b'"accuracy": 0.5', b'"boostrap_std": NaN')
    assert read(content).items == 2


def test_a_damaged_directory_of_a_parquet_file_ends_in_a_sentence_and_not_in_the_process():
    """Level histograms that contradict the schema: asking pyarrow for such a column's size ends the process."""
    content = logs.parquet(logs.lighteval_rows([0, 1], schema="structs"))
    directory = len(content) - 8 - int.from_bytes(content[-8:-4], "little")
    for place in range(directory, directory + 200):
        damaged = bytearray(content)
        damaged[place] ^= 1
        with suppress(BadOutcomes):
            read(bytes(damaged))
