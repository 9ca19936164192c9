"""Logs as evaluators write them, small and of our own making."""

import hashlib
import io
import json
import struct
import zipfile
import zlib

import pyarrow as pa
import pyarrow.parquet as pq
import zstandard

COLOURS = ["red", "green", "blue"]


def sha256(text):
    return hashlib.sha256(text.encode()).hexdigest()


def lm_eval_line(number, picked, *, version="0.4.9", right=0, prompt="Which?", filter="none", metric="acc"):
    """One line on a question of three choices, of which `picked` is likeliest, as `version` writes it."""
    doc = {"question": f"item {number}", "choices": COLOURS}
    log_probs = [-1.5 if choice == picked else -4.0 - choice for choice in range(3)]
    pairs = [[value, value > -2] for value in log_probs]
    prompts = [[f"{prompt} {number}", f" {colour}"] for colour in COLOURS]
    line = {"doc_id": number, "doc": doc, "target": right, "arguments": prompts, "resps": [[pair] for pair in pairs]}
    line["filtered_resps"] = pairs
    if version >= "0.4.3":
        named = {f"gen_args_{n}": {"arg_0": pair[0], "arg_1": pair[1]} for n, pair in enumerate(prompts)}
        text = [[str(part) for part in pair] for pair in pairs]
        hashes = {
            "doc_hash": sha256(json.dumps(doc, indent=2, ensure_ascii=False)),
            "prompt_hash": sha256(prompts[0][0]),
            "target_hash": sha256(str(right)),
        }
        line |= {"arguments": named, "resps": [[pair] for pair in text], "filtered_resps": text} | hashes
    if version >= "0.4.4":
        line["target"] = str(right)
    if version >= "0.4.7":
        line |= {"filter": filter, "metrics": [metric]}
    return line | {metric: float(picked == right)}


def lm_eval_text_line(number, answer, *, filter="strict-match", right="42"):
    """One line of a task whose answer is written."""
    line = lm_eval_line(number, 0, filter=filter, metric="exact_match")
    line |= {"target": right, "filtered_resps": [answer], "resps": [[f"So it is {answer}."]]}
    return line | {"exact_match": float(answer == right)}


def lm_eval_log(lines, version="0.4.9") -> bytes:
    if version < "0.4.3":
        return json.dumps(lines, indent=2, ensure_ascii=False).encode()
    return "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines).encode()


def inspect_sample(key, answer, *, value=None, epoch=1, target="A", **more):
    value = ("C" if answer == target else "I") if value is None else value
    sample = {
        "id": key,
        "epoch": epoch,
        "input": f"Question {key}?",
        "choices": ["one", "two"],
        "target": target,
        "messages": [],
        "output": {"model": "m", "choices": [{"message": {"role": "assistant", "content": f"ANSWER: {answer}"}}]},
        "scores": {"choice": {"value": value, "answer": answer}},
    }
    return sample | more


INSPECT_HEADER = {
    "version": 2,
    "status": "success",
    "eval": {"task": "quiz", "model": "acme/tiny", "config": {"epochs": 1}},
}


def inspect_json(samples, **header) -> bytes:
    return json.dumps(INSPECT_HEADER | header | {"samples": samples}, indent=2).encode()


def inspect_zip(samples, method=zipfile.ZIP_DEFLATED, header="header.json") -> bytes:
    members = {header: INSPECT_HEADER, "reductions.json": []}
    members |= {f"samples/{sample['id']}_epoch_{sample['epoch']}.json": sample for sample in samples}
    texts = {name: json.dumps(content).encode() for name, content in members.items()}
    if method == "zstd":
        return zstd_zip(texts)
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as archive:
        for name, text in texts.items():
            archive.writestr(name, text)
    return buffer.getvalue()


def zstd_zip(texts) -> bytes:
    """A zip whose members are packed by method 93, which Python's zipfile writes only from 3.14 on."""
    whole, directory = b"", b""
    for name, text in texts.items():
        packed, path = zstandard.compress(text), name.encode()
        sizes = (zlib.crc32(text), len(packed), len(text), len(path))
        directory += (
            struct.pack("<4s6H3I5H2I", b"PK\1\2", 63, 63, 0, 93, 0, 33, *sizes, 0, 0, 0, 0, 0, len(whole)) + path
        )
        whole += struct.pack("<4s5H3I2H", b"PK\3\4", 63, 0, 93, 0, 33, *sizes, 0) + path + packed
    end = struct.pack("<4s4H2IH", b"PK\5\6", 0, 0, len(texts), len(texts), len(directory), len(whole), 0)
    return whole + directory + end


def openai_log(answers, right="A") -> bytes:
    lines = [{"spec": {"eval_name": "quiz.dev.v0", "completion_fns": ["acme/tiny"], "run_id": "r", "split": "dev"}}]
    for number, answer in enumerate(answers):
        event = {
            "run_id": "r",
            "event_id": 2 * number,
            "sample_id": f"quiz.dev.{number}",
            "created_by": "",
            "created_at": "",
        }
        lines.append(event | {"type": "sampling", "data": {"prompt": f"Question {number}?", "sampled": [answer]}})
        match = {"correct": answer == right, "expected": right, "picked": answer}
        lines.append(event | {"event_id": 2 * number + 1, "type": "match", "data": match})
    lines.append({"final_report": {"accuracy": 0.5}})
    return "".join(json.dumps(line) + "\n" for line in lines).encode()


def parquet(rows) -> bytes:
    buffer = io.BytesIO()
    pq.write_table(pa.Table.from_pylist(rows), buffer)
    return buffer.getvalue()


def lighteval_rows(picks, *, schema, right=0):
    """Rows on questions of three choices, in one of the three spellings of the two schemas."""
    rows = []
    for number, picked in enumerate(picks):
        log_probs = [-1.0 if choice == picked else -3.0 - choice for choice in range(3)]
        query, asked = f"item {number}", f"Which? item {number}"
        doc = {"query": query, "choices": COLOURS, "gold_index": [right], "id": str(number)}
        metric = {"acc": int(picked == right)}
        if schema == "flat":
            predictions = [[value, value == -1.0] for value in log_probs]
            flat = {"example": query, "full_prompt": asked, "predictions": str(predictions), "choices": COLOURS}
            rows.append(flat | {"gold_index": [right], "gold": [], "metrics": metric})
        else:
            response = {"input": asked, "text": [], "logprobs": log_probs}
            names = ("doc", "metric", "model_response")
            names = names if schema == "structs" else [f"__{name}__" for name in names]
            rows.append(dict(zip(names, (doc, metric, response), strict=True)))
    return rows
