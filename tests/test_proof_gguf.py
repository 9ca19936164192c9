"""Whether a GGUF is known by its parent: block formats element by element, turned rows, and headers that lie."""

import struct

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lineage.proof.blocks import PACKED, UNPACK
from lineage.proof.gguf_weights import NAMES, open_model
from lineage.proof.judging import verify
from lineage.proof.rounding import to_bits
from lineage.proof.weights import BadWeights, open_folder
from tests.weight_families import model, tuned, write

BACK = {new: old for old, new in NAMES.items()}
HEADS = 2


def half(raw, first):
    return np.frombuffer(bytes(raw[first : first + 2]), "<f2")[0].astype(np.float32)


def literal(kind, raw):
    """One block, number by number, after the words of the format."""
    raw = [int(each) for each in raw]
    if kind == "Q8_0":
        return [half(raw, 0) * np.float32(b - 256 if b > 127 else b) for b in raw[2:]]
    if kind in ("Q4_0", "Q4_1", "Q5_0", "Q5_1"):
        head = {"Q4_0": 2, "Q4_1": 4, "Q5_0": 6, "Q5_1": 8}[kind]
        bits = int.from_bytes(bytes(raw[head - 4 : head]), "little") if kind.startswith("Q5") else 0
        found = []
        for n in range(32):
            byte = raw[head + n % 16]
            number = (byte & 15 if n < 16 else byte >> 4) | ((bits >> n & 1) << 4)
            less = {"Q4_0": 8, "Q5_0": 16}.get(kind, 0)
            plus = half(raw, 2) if kind.endswith("1") else np.float32(0)
            found.append(half(raw, 0) * np.float32(number - less) + plus)
        return found
    if kind == "Q6_K":
        found = [np.float32(0)] * 256
        for n in range(256):
            part, rest = divmod(n, 128)
            quarter, place = divmod(rest, 32)
            low = raw[64 * part + 32 * (quarter % 2) + place]
            low = low & 15 if quarter < 2 else low >> 4
            high = raw[128 + 32 * part + place] >> (2 * quarter) & 3
            scale = raw[192 + n // 16]
            found[n] = (
                half(raw, 208) * np.float32(scale - 256 if scale > 127 else scale) * np.float32(low + 16 * high - 32)
            )
        return found
    packed, found = raw[4:16], []
    for n in range(256):
        run = n // 32
        if run < 4:
            scale, minimum = packed[run] & 63, packed[run + 4] & 63
        else:
            scale = packed[run + 4] & 15 | packed[run - 4] >> 6 << 4
            minimum = packed[run + 4] >> 4 | packed[run] >> 6 << 4
        byte = raw[(16 if kind == "Q4_K" else 48) + 32 * (run // 2) + n % 32]
        number = byte & 15 if run % 2 == 0 else byte >> 4
        number += 16 * (raw[16 + n % 32] >> run & 1) if kind == "Q5_K" else 0
        found.append(half(raw, 0) * np.float32(scale) * np.float32(number) - half(raw, 2) * np.float32(minimum))
    return found


@pytest.mark.parametrize("kind", sorted(UNPACK))
@given(seed=st.integers(0, 2**32 - 1))
@settings(deadline=None, max_examples=20)
def test_blocks_are_unpacked_as_number_by_number(kind, seed):
    size = next(block for name, _, block in PACKED.values() if name == kind)
    raw = np.random.default_rng(seed).integers(0, 256, size, np.uint8)
    for place in {"Q6_K": (208,)}.get(kind, (0, 2) if kind.endswith(("1", "K")) else (0,)):
        raw[place + 1] &= 0x3B  # a finite half
    assert np.array_equal(UNPACK[kind](raw[None])[0], np.array(literal(kind, raw), np.float32))


def text(words):
    return struct.pack("<Q", len(words)) + words.encode()


def turned(values):
    """The rows of queries and keys as the converter of llama turns them."""
    rows = values.shape[0]
    return values.reshape(HEADS, 2, rows // HEADS // 2, -1).swapaxes(1, 2).reshape(values.shape)


def q8_0(values):
    blocks = values.reshape(-1, 32)
    scale = (np.abs(blocks).max(axis=1) / 127).astype("<f2")
    numbers = np.rint(blocks / np.maximum(scale.astype(np.float32), 1e-12)[:, None]).clip(-127, 127).astype(np.int8)
    return b"".join(s.tobytes() + n.tobytes() for s, n in zip(scale, numbers, strict=True))


def gguf(folder, tensors, kind=8, *, rows=None, version=3, count=None):
    """A GGUF of a llama; `rows` are (name, dimensions, type, offset) that take the place of the right ones."""
    data, said = b"", []
    for name, values in tensors.items():
        part = name.removeprefix("model.").removesuffix(".weight")
        layer, own = part.split(".")[1:2], part.split(".", 2)[-1] if part.startswith("layers.") else part
        if own.endswith(("q_proj", "k_proj")):
            values = turned(values)
        packed = kind == 8 and values.ndim > 1
        raw = (
            q8_0(values)
            if packed
            else to_bits(values, "F16").tobytes()
            if kind == 1
            else values.astype("<f4").tobytes()
        )
        here = f"blk.{layer[0]}.{BACK[own]}.weight" if part.startswith("layers.") else f"{BACK[own]}.weight"
        said.append((here, values.shape[::-1], 8 if packed else 1 if kind == 1 else 0, len(data)))
        data += raw + b"\0" * (-len(raw) % 32)
    said = said if rows is None else rows
    head = b"GGUF" + struct.pack("<IQQ", version, len(said) if count is None else count, 3)
    head += text("general.architecture") + struct.pack("<I", 8) + text("llama")
    for key in ("llama.attention.head_count", "llama.attention.head_count_kv"):
        head += text(key) + struct.pack("<II", 4, HEADS)
    for name, shape, number, offset in said:
        head += text(name) + struct.pack(f"<I{len(shape)}QIQ", len(shape), *shape, number, offset)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "m.gguf").write_bytes(head + b"\0" * (-len(head) % 32) + data)
    return folder


def test_a_quantized_file_is_derived_from_its_parent_alone(tmp_path):
    parent = model(1)
    high = {"acme/base": open_folder(write(tmp_path / "base", parent))}
    low = open_model(gguf(tmp_path / "child", tuned(parent, 2, 0.05)))
    found = verify(low, high)
    assert (found.verdict, found.relation, found.exactness) == ("derived", "quantized", None)
    assert found.parents[0].statistics["tenth_percentile_cosine"] > 0.99  # queries and keys are turned back
    assert verify(low, {"other": open_folder(write(tmp_path / "other", model(9)))}).verdict == "contradicted"


@pytest.mark.parametrize("kind", [0, 1])
def test_a_file_of_plain_floats_is_a_conversion(tmp_path, kind):
    parent = model(1)
    high = {"acme/base": open_folder(write(tmp_path / "base", parent))}
    found = verify(open_model(gguf(tmp_path / "child", parent, kind)), high)
    assert (found.verdict, found.exactness) == (("same_files" if kind == 0 else "recomputed"), "bit_exact")


ROW = ("output.weight", (32, 4), 0, 0)


@pytest.mark.parametrize(
    ("rows", "options", "words"),
    [
        ([ROW, ROW], {}, "over another"),
        ([ROW, ("output.weight", (32, 4), 0, 512)], {}, "a second time"),
        ([("output.weight", (32, 2**40), 0, 0)], {}, "beyond its end"),
        ([("output.weight", (2**40, 2**40), 0, 0)], {}, "larger than any file"),
        ([("output.weight", (32, 4), 0, 2**63)], {}, "larger than any file"),
        ([("output.weight", (33, 4), 8, 0)], {}, "whole blocks"),
        ([("output.weight", (1,) * 40, 0, 0)], {}, "no GGUF does"),
        ([("x" * 5000, (32,), 0, 0)], {}, "no GGUF does"),
        ([("output.weight", (256, 4), 16, 0)], {}, "type that is read"),
        ([ROW], {"count": 10**9}, "more than"),
        ([ROW], {"count": 5}, "ends before|no GGUF does|larger than"),
        ([ROW], {"version": 9}, "not known"),
        ([ROW], {"version": 3 << 24}, "big-endian|not known|longer"),
    ],
)
def test_headers_that_lie_are_refused_with_one_sentence(tmp_path, rows, options, words):
    with pytest.raises(BadWeights, match=words):
        open_model(gguf(tmp_path / "m", model(1), 0, rows=rows, **options))


def test_cut_files_links_and_several_models_are_refused(tmp_path):
    folder = gguf(tmp_path / "m", model(1))
    whole = (folder / "m.gguf").read_bytes()
    for size in (0, 3, 8, 30, 200, len(whole) - 40):
        (folder / "m.gguf").write_bytes(whole[:size])
        with pytest.raises(BadWeights):
            open_model(folder)
    (folder / "m.gguf").write_bytes(whole)
    (folder / "n.gguf").write_bytes(whole)
    with pytest.raises(BadWeights, match="several"):
        open_model(folder)
    (tmp_path / "linked").mkdir()
    (tmp_path / "linked" / "m.gguf").symlink_to(folder / "m.gguf")
    with pytest.raises(BadWeights, match="out of its folder"):
        open_model(tmp_path / "linked")


def test_rows_without_width_or_tensors_without_elements_are_no_error(tmp_path):
    parent = open_folder(write(tmp_path / "base", model(1)))
    for shape in ((0, 4), (4, 0), (), (0,)):
        rows = [("output.weight", shape, 0, 0), ("token_embd.weight", (32, 96), 0, 512)]
        low = open_model(gguf(tmp_path / "m", model(1), 0, rows=rows))
        assert verify(low, {"p": parent}).verdict in ("consistent", "contradicted", "derived", "unverifiable")
