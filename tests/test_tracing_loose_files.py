"""`trace --file`: the claims of a card, a configuration, a mergekit file or a GGUF that nobody mirrored."""

import io
import json
import struct
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from hypothesis import given
from hypothesis import strategies as st

from lineage.readers.gguf import read_gguf


def text_of(value: str) -> bytes:
    raw = value.encode()
    return struct.pack("<Q", len(raw)) + raw


def field(name: str, value) -> bytes:
    if isinstance(value, str):
        return text_of(name) + struct.pack("<I", 8) + text_of(value)
    if isinstance(value, list):
        return text_of(name) + struct.pack("<IIQ", 9, 8, len(value)) + b"".join(text_of(each) for each in value)
    return text_of(name) + struct.pack("<II", 4, value)


def gguf(fields: dict) -> bytes:
    """A GGUF of version 3 without tensors, written by hand."""
    return b"GGUF" + struct.pack("<IQQ", 3, 0, len(fields)) + b"".join(field(*pair) for pair in fields.items())


FIELDS = {
    "general.architecture": "llama",
    "tokenizer.ggml.tokens": ["<s>", "a", "b"],
    "general.file_type": 15,
    "general.source.repo_url": "https://huggingface.co/acme/mix",
    "general.base_model.count": 2,
    "general.base_model.0.repo_url": "https://huggingface.co/acme/a",
    "general.base_model.1.organization": "Acme",
    "general.base_model.1.name": "B 7B",
    "general.dataset.count": 1,
    "general.dataset.0.repo_url": "https://huggingface.co/datasets/acme/corpus",
}


def traced(*paths) -> list[dict]:
    out = StringIO()
    call_command("trace", *(word for path in paths for word in ("--file", str(path))), "--json", stdout=out)
    return [json.loads(line) for line in out.getvalue().splitlines()]


def test_a_gguf_names_the_converted_model_and_only_its_parents_beyond():
    claims = read_gguf(io.BytesIO(gguf(FIELDS))).claims
    assert [(c.relation, c.parent, c.role) for c in claims] == [
        ("quantized", "acme/mix", ""),
        ("quantized", "acme/a", "parent_of_source"),
        ("quantized", "Acme/B-7B", "parent_of_source"),
        ("trained_on", "acme/corpus", ""),
    ]


def test_a_gguf_of_full_precision_is_a_conversion():
    claims = read_gguf(io.BytesIO(gguf(FIELDS | {"general.file_type": 1}))).claims
    assert claims[0].relation == "converted"


def test_a_cut_gguf_keeps_what_was_read_and_says_so():
    raw = gguf({"general.source.repo_url": "https://huggingface.co/acme/mix", "general.name": "x" * 99})
    reading = read_gguf(io.BytesIO(raw[:-50]))
    assert [c.parent for c in reading.claims] == ["acme/mix"] and "ends before" in reading.problem


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"GGUF",
        b"GGUF" + struct.pack("<IQQ", 9, 0, 1),
        b"GGUF" + struct.pack("<IQQ", 3, 0, 2**63) + text_of("a") + struct.pack("<IQ", 8, 2**62),
        b"GGUF" + struct.pack("<IQQ", 3, 0, 1) + text_of("a") + struct.pack("<IIQ", 9, 9, 5),
        b"GGUF" + struct.pack("<IQQ", 3, 0, 1) + text_of("a") + struct.pack("<IIQ", 9, 8, 2**60),
        b"GGUF" + struct.pack("<IQQ", 3, 0, 1) + text_of("a") + struct.pack("<I", 77),
    ],
)
def test_a_gguf_that_lies_about_its_sizes_is_one_sentence(raw):
    reading = read_gguf(io.BytesIO(raw))
    assert not reading.claims and reading.problem.endswith(".")


@given(st.binary(max_size=300))
def test_no_bytes_after_the_magic_are_an_error(raw):
    read_gguf(io.BytesIO(b"GGUF" + struct.pack("<I", 3) + raw))


def test_each_file_is_one_line_of_the_agreed_form(tmp_path):
    files = {
        "card.md": "---\nbase_model: https://huggingface.co/acme/tiny\nlibrary_name: peft\n---\n",
        "adapter_config.json": '{\n "base_model_name_or_path": "acme/tiny",\n "revision": "v1"\n}',
        "config.json": '{"_name_or_path": "acme/tiny"}',
        "mergekit_config.yml": "merge_method: linear\nmodels:\n- model: acme/a\n- model: acme/b\n",
    }
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    (tmp_path / "model.gguf").write_bytes(gguf(FIELDS))
    card, adapter, config, recipe, model = traced(*(tmp_path / name for name in [*files, "model.gguf"]))
    claim = card["claims"][0]
    assert (claim["relation"], claim["parent"], claim["source"], claim["lines"], claim["field"]) == (
        "adapter", "acme/tiny", "card", [2, 2], "base_model",
    )  # fmt: skip
    claim = adapter["claims"][0]
    assert (claim["relation"], claim["parent_revision"], claim["lines"]) == ("adapter", "v1", [2, 2])
    assert config["claims"][0]["field"] == "_name_or_path"
    assert recipe["recipes"][0]["method"] == "linear" and recipe["recipes"][0]["dialect"] == "mergekit"
    assert [each["parent"] for each in recipe["recipes"][0]["inputs"]] == ["acme/a", "acme/b"]
    assert model["claims"][0]["parent"] == "acme/mix"
    assert all(line["problem"] is None for line in (card, adapter, config, recipe, model))


def test_a_plain_base_is_read_as_a_finetune_and_a_dataset_card_by_its_own_fields(tmp_path):
    (tmp_path / "a.md").write_text("---\nbase_model: acme/tiny\n---\n")
    (tmp_path / "b.md").write_text("---\nsource_datasets: [acme/corpus]\ntask_categories: [other]\n---\n")
    plain, data = traced(tmp_path / "a.md", tmp_path / "b.md")
    assert [c["relation"] for c in plain["claims"]] == ["finetune"]
    assert [c["relation"] for c in data["claims"]] == ["derived_data"]


@pytest.mark.parametrize("raw", [b"", b"\0\1\2", b"---\n" + b"[" * 100_000, b"\xff\xfe" * 50, b"---\nbase_model: ["])
def test_a_file_that_says_nothing_is_a_line_too(tmp_path, raw):
    (tmp_path / "README.md").write_bytes(raw)
    assert traced(tmp_path / "README.md")[0]["claims"] == []


def test_a_file_that_is_not_there_is_bad_input(tmp_path):
    with pytest.raises(CommandError, match="cannot be opened") as error:
        call_command("trace", "--file", str(tmp_path / "none.md"), "--json", stdout=StringIO())
    assert error.value.returncode == 3


def test_a_lone_surrogate_in_a_file_does_not_end_the_lines(tmp_path):
    odd, sound = tmp_path / "adapter_config.json", tmp_path / "config.json"
    odd.write_text('{"peft_type": "LORA", "base_model_name_or_path": "o/\\ud800x"}')
    sound.write_text('{"_name_or_path": "acme/base"}')
    first, second = traced(odd, sound)
    assert first["claims"][0]["parent"].encode() == "o/\N{REPLACEMENT CHARACTER}x".encode()
    assert second["claims"][0]["parent"] == "acme/base"


def test_a_recipe_s_parents_are_named_as_its_claims_name_them(tmp_path):
    path = tmp_path / "mergekit_config.yml"
    path.write_text(
        "merge_method: linear\nmodels:\n- model: https://huggingface.co/acme/a\n- model: acme/b@v2\n", encoding="utf8"
    )
    (found,) = traced(path)
    named = [(each["parent"], each["parent_revision"]) for each in found["claims"]]
    assert named == [("acme/a", None), ("acme/b", "v2")]
    assert [(each["parent"], each["parent_revision"]) for each in found["recipes"][0]["inputs"]] == named


def test_what_was_cut_is_told_at_the_top(tmp_path):
    path = tmp_path / "mergekit_config.yml"
    path.write_text("merge_method: linear\nmodels:\n" + "".join(f"- model: acme/m{n}\n" for n in range(400)))
    card = tmp_path / "README.md"
    block = "```yaml\nmerge_method: linear\nmodels: [{model: acme/a}, {model: acme/b}]\n```\n"
    card.write_text("# Many\n" + block * 60)
    assert [("was not read" in each["problem"]) for each in traced(path, card)] == [True, True]


def test_a_hint_of_where_training_started_is_one_of_a_fine_tune_on_a_private_disk_too(tmp_path):
    path = tmp_path / "config.json"
    path.write_text('{"_name_or_path": "./models/tiny"}')
    (found,) = traced(path)
    assert [(each["relation"], each["parent"]) for each in found["claims"]] == [("finetune", "./models/tiny")]


def test_a_card_that_begins_with_the_word_gguf_is_a_card(tmp_path):
    card = tmp_path / "README.md"
    card.write_text("GGUF quants for [Tiny](https://huggingface.co/acme/tiny)\n\n- **Base model**: acme/base\n")
    (found,) = traced(card)
    assert [(each["relation"], each["parent"]) for each in found["claims"]] == [
        ("quantized", "acme/tiny"),
        ("finetune", "acme/base"),
    ]
