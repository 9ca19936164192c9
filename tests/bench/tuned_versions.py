"""Two versions of one causal language model: the same base under an adapter that has seen some, then three times more.

The base comes from the package index; both adapters are trained here, on texts that people rated, as an update of a
model in use would be: the second goes on from the first (some twenty minutes on two busy cores). They answer in the
same words, through the same tokenizer.
"""

from __future__ import annotations

from pathlib import Path

SEEN = (256, 512)  # items that the first version sees, and those that the second sees besides
BATCH, RATE, RANK = 16, 5e-4, 8
PROMPT = "Review: {input}\nThe sentiment of this review is"


def write_adapters(folder: Path, base: Path, rows: list[dict]) -> list[Path]:
    """Folders of the two adapters; they are trained unless they are there."""
    import torch
    from peft import LoraConfig, TaskType, get_peft_model
    from transformers import AutoModelForCausalLM, AutoTokenizer

    places = [folder / f"smollm2-tuned-{number}" for number in (1, 2)]
    if all((place / "adapter_model.safetensors").exists() for place in places):
        return places
    torch.manual_seed(0)
    model, words = AutoModelForCausalLM.from_pretrained(base), AutoTokenizer.from_pretrained(base)
    config = LoraConfig(r=RANK, lora_alpha=2 * RANK, target_modules=["q_proj", "v_proj"], task_type=TaskType.CAUSAL_LM)
    model = get_peft_model(model, config)
    optimiser = torch.optim.AdamW([one for one in model.parameters() if one.requires_grad], lr=RATE)
    start = 0
    for place, number in zip(places, SEEN, strict=True):
        train(model, words, optimiser, rows[start : start + number])
        model.save_pretrained(place)
        start += number
    return places


def train(model, words, optimiser, rows: list[dict]) -> None:
    """One pass over the rows, in batches of like lengths; the loss is that of the one word that is the answer."""
    import torch

    rows = sorted(rows, key=lambda row: len(row["input"]))
    batches = [rows[at : at + BATCH] for at in range(0, len(rows), BATCH)]
    order = torch.randperm(len(batches), generator=torch.Generator().manual_seed(len(rows))).tolist()
    words.padding_side = "left"
    model.train()
    for place in order:
        batch = batches[place]
        asked = [PROMPT.replace("{input}", row["input"]) for row in batch]
        given = words(asked, padding=True, truncation=True, max_length=128, return_tensors="pt")
        right = torch.tensor([words(f" {row['label']}", add_special_tokens=False)["input_ids"][0] for row in batch])
        scores = model(**given, logits_to_keep=1).logits[:, -1].float()
        loss = torch.nn.functional.cross_entropy(scores, right)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
