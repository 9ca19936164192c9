"""Trains a compatibility adapter: a small LoRA on the new version that takes the old one's side where it is wrong.

MUSCLE (Echterhoff et al. 2024, arXiv 2407.09435, eq. 1): where the adapter being trained is right it is drawn to the
new version, where it is wrong to the old one, by KL divergence at a temperature of 2. It starts as the new version. The
old and the new version have to answer in the same words: the same labels, or the same tokenizer.
"""

from __future__ import annotations

import json
import random
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
from torch.nn import functional

from lineage.runs.engine import Encoded
from lineage.runs.labels import padded
from lineage.runs.loading import Source, transformer
from lineage.runs.problems import BadRun
from lineage.runs.tasks import task_for
from lineage.suites import CHOICE, CLASSIFICATION, GENERATION, Item, Suite
from lineage.version_files import ADAPTER, MODULE

TRAINED_ON = (CLASSIFICATION, CHOICE, GENERATION)
TOLD_EVERY_S = 0.5


@dataclass(frozen=True)
class Training:
    """How the adapter is trained; after the paper, but for a rank and a batch that a small machine holds."""

    rank: int = 16
    epochs: int = 10
    learning_rate: float = 1e-4
    batch: int = 8
    temperature: float = 2.0
    distilled: float = 1.0
    """weight of the distillation; the rest is cross-entropy with the right answer, for versions far apart"""
    seed: int = 0


@dataclass
class Trained:
    """What a training came to."""

    steps: int
    items: int
    first_loss: float
    last_loss: float
    masked: float
    """share of the positions of the last epoch that were drawn to the old version"""
    seconds: float


def masked_distillation(
    adapted: torch.Tensor, old: torch.Tensor, new: torch.Tensor, right: torch.Tensor, temperature: float
) -> tuple[torch.Tensor, torch.Tensor]:
    """The mean loss over positions, and which of them were drawn to the old version.

    Logits are [positions, answers] in float32, `right` the index of each right answer.

    >>> same = torch.tensor([[2.0, 0.0]])
    >>> loss, to_old = masked_distillation(same, torch.tensor([[0.0, 2.0]]), same, torch.tensor([0]), 2.0)
    >>> float(loss), to_old.tolist()
    (0.0, [False])
    """
    to_old = adapted.argmax(dim=-1) != right
    target = torch.where(to_old.unsqueeze(-1), old, new) / temperature
    ours = functional.log_softmax(adapted / temperature, dim=-1)
    loss = functional.kl_div(ours, functional.log_softmax(target, dim=-1), reduction="none", log_target=True)
    return loss.sum(dim=-1).mean(), to_old


class Pair:
    """The old version, frozen, and the new one with the adapter on it."""

    def __init__(self, suite: Suite, old: Source, new: Source, training: Training):
        if suite.task not in TRAINED_ON:
            raise BadRun(f"A compatibility adapter is not trained for {suite.task}.")
        if old.has(MODULE) or new.has(MODULE):
            raise BadRun("A compatibility adapter is trained on models of transformers, not on modules of ours.")
        self.suite, self.is_labelled = suite, suite.task == CLASSIFICATION
        self.old, self.new = task_for(suite, old), task_for(suite, new)
        self.teacher = None
        model = self.holder(self.new).model
        if new.has(ADAPTER):
            self.teacher, model = model, self.on_base(new)
        self.model = model if new.has(ADAPTER) else self.with_lora(model, training)
        self.check_answers()
        for module in (self.holder(self.old).model, self.teacher):
            if module is not None:
                module.requires_grad_(False)

    def holder(self, task: Any) -> Any:
        """What holds the model: the classifier itself, or the language model in a task."""
        return task if self.is_labelled else task.language

    def on_base(self, new: Source) -> torch.nn.Module:
        """The new version's own adapter, to be trained on: the paper starts from it."""
        import transformers
        from peft import PeftModel

        kind = "AutoModelForSequenceClassification" if self.is_labelled else "AutoModelForCausalLM"
        base = transformer(getattr(transformers, kind), Source(new.base, None, new.dtype, new.device))
        return PeftModel.from_pretrained(base, str(new.folder), is_trainable=True, use_safetensors=True)

    def with_lora(self, model: torch.nn.Module, training: Training) -> torch.nn.Module:
        from peft import LoraConfig, TaskType, get_peft_model

        kind = TaskType.SEQ_CLS if self.is_labelled else TaskType.CAUSAL_LM
        config = LoraConfig(r=training.rank, lora_alpha=2 * training.rank, target_modules="all-linear", task_type=kind)
        return get_peft_model(model, config)

    def check_answers(self) -> None:
        """Raise BadRun where the two versions do not answer in the same words."""
        if self.is_labelled:
            named = [[self.suite.labels.get(label, label) for label in task.labels] for task in (self.old, self.new)]
            if sorted(named[0]) != sorted(named[1]) or len(set(named[0])) < len(named[0]):
                raise BadRun(f"The versions have other labels: {named[0][:8]} and {named[1][:8]}.")
            self.answers = named[1]
            self.order = torch.tensor([named[0].index(label) for label in named[1]])
            return
        words = [self.holder(task).tokenizer.get_vocab() for task in (self.old, self.new)]
        if words[0] != words[1]:
            raise BadRun("The versions have other tokenizers, so that their next words cannot be held side by side.")

    def encoded(self, items: Sequence[Item]) -> list[Any]:
        """Items as both versions read them; a language model's as prompt and right answer in one."""
        if self.is_labelled:
            unknown = [item.id for item in items if item.label not in self.answers]
            if unknown:
                raise BadRun(f"The item {unknown[0][:60]!r} has a label that neither version knows.")
            return list(zip(self.old.encode(items), self.new.encode(items), strict=True))
        language = self.new.language
        prompts = language.prompts(items, self.suite.settings)
        texts = [prompt + self.right_text(item) for prompt, item in zip(prompts, items, strict=True)]
        room = min(self.suite.settings.max_tokens, language.max_tokens)
        found = [Encoded(i, len(ids[-room:]), ids[-room:]) for i, ids in
                 zip(items, language.ids(texts, self.suite.settings), strict=True)]  # fmt: skip
        return [one for one in found if one.length > 1]

    def right_text(self, item: Item) -> str:
        """The right answer as the model reads it; an item that brings its own choices names it by its place."""
        if self.suite.task != CHOICE:
            return item.label
        if item.choices:
            return item.choices[int(item.label)]
        return next(choice for choice in self.suite.settings.choices if choice.strip() == item.label.strip())

    def logits(self, batch: Sequence[Any]) -> tuple[torch.Tensor, ...]:
        """(adapted, old, new, right answers) of the positions of a batch; only the first with a gradient."""
        return self.of_labels(batch) if self.is_labelled else self.of_words(batch)

    def of_labels(self, batch: Sequence[tuple[Encoded, Encoded]]) -> tuple[torch.Tensor, ...]:
        right = torch.tensor([self.answers.index(two.item.label) for _, two in batch], device=self.new.device)
        with torch.no_grad():
            old = self.old.compute([one for one, _ in batch])[:, self.order.to(self.new.device)]
        rows = [two for _, two in batch]
        return self.scored(self.model, rows), old, self.from_new(lambda model: self.scored(model, rows)), right

    def scored(self, model: torch.nn.Module, rows: Sequence[Encoded]) -> torch.Tensor:
        self.new.model = model
        return self.new.compute(rows)

    def of_words(self, batch: Sequence[Encoded]) -> tuple[torch.Tensor, ...]:
        language = self.new.language
        ids, mask = padded([one.parts for one in batch], language.tokenizer.pad_token_id, language.device)
        given = {"input_ids": ids, "attention_mask": mask}
        is_word = mask[:, 1:].bool()

        def of(model: torch.nn.Module) -> torch.Tensor:
            return model(**given).logits[:, :-1][is_word].float()

        with torch.no_grad():
            old = of(self.old.language.model)
        return of(self.model), old, self.from_new(of), ids[:, 1:][is_word]

    def from_new(self, of: Callable[[torch.nn.Module], torch.Tensor]) -> torch.Tensor:
        """What the new version itself says: its own copy, or the same model without the adapter."""
        with torch.no_grad():
            if self.teacher is not None:
                return of(self.teacher)
            with self.model.disable_adapter():
                return of(self.model)


def train(pair: Pair, items: Sequence[Item], training: Training, tell: Callable) -> Trained:
    """Train the adapter over all items, epoch by epoch. Raises BadRun where the loss is no number."""
    torch.manual_seed(training.seed)
    shuffled, began, told = random.Random(training.seed), time.perf_counter(), 0.0
    rows = pair.encoded(items)
    if not rows:
        raise BadRun("The training suite has no item that is long enough to learn from.")
    wanted = [value for value in pair.model.parameters() if value.requires_grad]
    optimizer = torch.optim.AdamW(wanted, lr=training.learning_rate, weight_decay=0.0)
    steps = training.epochs * -(-len(rows) // training.batch)
    warm = max(1, min(500, steps // 10))
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: min(1.0, (step + 1) / warm))
    losses, masked, seen = [], 0, 0
    pair.model.eval()  # no dropout, as the paper has none
    for epoch in range(training.epochs):
        shuffled.shuffle(rows)
        for batch in batches(rows, training.batch):
            loss, to_old = loss_of(pair, batch, training)
            if not torch.isfinite(loss):
                raise BadRun("The training gives no numbers (NaN or infinite); a smaller learning rate may help.")
            loss.backward()
            torch.nn.utils.clip_grad_norm_(wanted, 1.0)
            optimizer.step()
            schedule.step()
            optimizer.zero_grad(set_to_none=True)
            losses.append(float(loss.detach()))
            if epoch == training.epochs - 1:
                masked, seen = masked + int(to_old.sum()), seen + to_old.numel()
            passed = time.perf_counter() - began
            if passed - told > TOLD_EVERY_S:
                told = passed
                rate = len(losses) * training.batch / passed
                tell(len(losses), steps, rate, passed * (steps - len(losses)) / len(losses))
    last = losses[-max(1, steps // training.epochs) :]
    seconds = time.perf_counter() - began
    return Trained(len(losses), len(rows), losses[0], sum(last) / len(last), masked / seen, seconds)


def loss_of(pair: Pair, batch: Sequence[Any], training: Training) -> tuple[torch.Tensor, torch.Tensor]:
    adapted, old, new, right = pair.logits(batch)
    loss, to_old = masked_distillation(adapted, old, new, right, training.temperature)
    if training.distilled < 1:
        plain = functional.cross_entropy(adapted, right)
        loss = training.distilled * loss + (1 - training.distilled) * plain
    return loss, to_old


def batches(rows: Sequence[Any], size: int) -> Iterator[Sequence[Any]]:
    for at in range(0, len(rows), size):
        yield rows[at : at + size]


def save(pair: Pair, folder: Path, base: dict) -> None:
    """Write the adapter as PEFT does, with the base as `base` names it instead of a path of this machine."""
    pair.model.save_pretrained(str(folder), safe_serialization=True)
    config = json.loads((folder / ADAPTER).read_text("utf8")) | base
    (folder / ADAPTER).write_text(json.dumps(config, indent=2, sort_keys=True) + "\n", "utf8")


def adapt(suite: Suite, old: Source, new: Source, request: dict, tell: Callable) -> dict:
    """Train and save what a request asks for; what it came to."""
    training = Training(**request["training"])
    pair = Pair(suite, old, new, training)
    found = train(pair, suite.items, training, tell)
    save(pair, Path(request["out"]), request["base_named"])
    return asdict(found) | {"training": asdict(training)}
