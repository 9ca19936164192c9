"""Makes the example that ships with the project: a suite of messages and two versions of a small classifier of them.

`python -m tests.bench.tiny_versions OUT` writes the same suite, and versions that answer alike, on any machine. The
messages are ours, made from a grammar; the second version has seen eight times as many of them as the first.
"""

import hashlib
import json
import random
import sys
from pathlib import Path

PARTS = {
    "bug": [
        "the {thing} crashes when I {act}",
        "{act_ing} gives an error since the last release",
        "after I {act} the {thing} shows nothing at all",
        "the {thing} is wrong, how does that happen when I {act}?",
        "I cannot {act} any more, it worked before",
    ],
    "question": [
        "how do I {act}?",
        "is there a way to {act} without the {thing}?",
        "what does the {thing} do when I {act}?",
        "where in the manual is {act_ing} explained",
        "does {act_ing} need the newest {thing}?",
    ],
    "request": [
        "please add a way to {act}",
        "it would be great if the {thing} let me {act}",
        "could you make {act_ing} faster, please",
        "I wish the {thing} would not ask before I {act}",
        "a button to {act} is missing from the {thing}",
    ],
    "praise": [
        "thanks, {act_ing} works very well now",
        "I love the new {thing}",
        "the {thing} is great, and I can {act} again",
        "well done with the {thing}, no error since",
        "finally I can {act} without a crash, thank you",
    ],
}
THINGS = "table,search page,import,export,menu,chart,login form,report,editor,calendar,map,mail filter,printer,archive"
ACTS = "open,save,rename,sort,print,delete,merge,copy,move,share,upload,download,undo,translate"
OBJECTS = "a file,two rows,the list,an old entry,my photos,a large folder,the invoice,a draft,some notes,the backup"
OPENINGS = ["", "", "hello, ", "hi all, ", "sorry if this is known: ", "dear team, ", "again: "]
ENDINGS = ["", "", " please help", " thanks in advance", " on my phone", " in version 2", " since Monday", "!!"]
LABELS = sorted(PARTS)


def message(rng: random.Random, label: str) -> str:
    """One message of a kind; one in nine is cut short, one in seven has a slip of the pen."""
    verb, thing = rng.choice(ACTS.split(",")), rng.choice(THINGS.split(","))
    what = rng.choice(OBJECTS.split(","))
    ing = {"save": "saving", "rename": "renaming", "delete": "deleting", "merge": "merging", "move": "moving"}
    ing |= {"share": "sharing", "undo": "undoing", "translate": "translating", "copy": "copying"}
    gerund = ing.get(verb, verb + "ing")
    text = rng.choice(PARTS[label]).format(thing=thing, act=f"{verb} {what}", act_ing=f"{gerund} {what}")
    text = rng.choice(OPENINGS) + text + rng.choice(ENDINGS)
    if rng.random() < 1 / 9:
        text = " ".join(text.split()[: rng.randint(3, 5)])
    if rng.random() < 1 / 7:
        place = rng.randrange(1, len(text) - 1)
        text = text[:place] + text[place + 1] + text[place] + text[place + 2 :]
    return text


def messages(seed: int, number: int) -> list[dict]:
    """Different messages, all kinds alike, in an order of no meaning."""
    rng, seen, rows = random.Random(seed), set(), []
    while len(rows) < number:
        label = LABELS[len(rows) % len(LABELS)]
        text = message(rng, label)
        if text not in seen:
            seen.add(text)
            length = "short" if len(text) < 40 else "long" if len(text) > 64 else "middle"
            rows.append({"id": f"m{len(rows) + 1:03}", "text": text, "label": label, "length": length})
    return rows


def train(rows: list[dict], *, seed: int, epochs: int):
    """A small module that has seen `rows`, the same on every machine but for the last bits."""
    import torch

    from lineage.runs.modules import ByteNgrams

    torch.manual_seed(seed)
    torch.set_num_threads(1)
    module = ByteNgrams(LABELS, buckets=1_024, width=8, lengths=[2, 3, 4])
    optimiser = torch.optim.Adam(module.parameters(), lr=0.03)
    encoded = [module.encode(row["text"]) for row in rows]
    gold = torch.tensor([LABELS.index(row["label"]) for row in rows])
    for _ in range(epochs):
        flat = torch.tensor([number for one in encoded for number in one])
        starts = torch.tensor([0, *map(len, encoded)][:-1]).cumsum(0)
        optimiser.zero_grad()
        torch.nn.functional.cross_entropy(module(flat, starts), gold).backward()
        optimiser.step()
    return module


def write_version(folder: Path, module) -> Path:
    """The version's two files, below a name that its content gives."""
    from safetensors.torch import save

    weights = save({name: tensor.contiguous() for name, tensor in module.state_dict().items()})
    sizes = {"buckets": module.buckets, "width": module.vectors.embedding_dim, "lengths": list(module.lengths)}
    text = json.dumps({"architecture": "byte-ngrams", "labels": module.labels, "sizes": sizes}, indent=1) + "\n"
    place = folder / hashlib.sha1(weights + text.encode()).hexdigest()  # a name, as commits have them
    place.mkdir(parents=True, exist_ok=True)
    (place / "model.safetensors").write_bytes(weights)
    (place / "stemma_module.json").write_text(text)
    return place


def main(out: Path) -> None:
    (out / "suites").mkdir(parents=True, exist_ok=True)
    rows = messages(seed=1, number=600)
    lines = "".join(json.dumps(row) + "\n" for row in rows)
    (out / "suites" / "message-kinds.jsonl").write_text(lines)
    asked = {row["text"] for row in rows}
    seen = [row for row in messages(seed=2, number=1_600) if row["text"] not in asked]
    for name, part, epochs in (("message-kinds-1", seen[: len(seen) // 8], 16), ("message-kinds-2", seen, 40)):
        write_version(out / "models" / "stemma-examples" / name, train(part, seed=1, epochs=epochs))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
