"""Multiple choice by log-likelihood: the context is computed once and shared by all choices of an item."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate

import torch

from lineage.runs.engine import Encoded
from lineage.runs.labels import padded, refuse_nan
from lineage.runs.language import LanguageModel
from lineage.suites import Item, Suite

TOLERANCE = {torch.float32: 1e-3, torch.float16: 0.05, torch.bfloat16: 0.3}


@dataclass(frozen=True)
class Asked:
    """The tokens that all choices of an item share, and those of each choice after them."""

    context: list[int]
    choices: list[list[int]]


class Choices:
    """Picks the likeliest choice of each item."""

    def __init__(self, language: LanguageModel, suite: Suite):
        self.language, self.suite, self.settings = language, suite, suite.settings
        self.shares_context = self.sharing_holds()

    def encode(self, items: Sequence[Item]) -> list[Encoded]:
        prompts = self.language.prompts(items, self.settings)
        offered = [self.suite.choices_of(item) for item in items]
        texts = [prompt + choice for prompt, choices in zip(prompts, offered, strict=True) for choice in ("", *choices)]
        ids = iter(self.language.ids(texts, self.settings))
        found = []
        for item, choices in zip(items, offered, strict=True):
            asked = self.split([next(ids) for _ in ("", *choices)])
            found.append(Encoded(item, len(asked.context) + sum(map(len, asked.choices)), asked))
        return found

    def split(self, ids: list[list[int]]) -> Asked:
        """The prompt's and the choices' tokens as what they have in common, and the rest of each choice.

        A choice may melt into the prompt's last token; then that token belongs to the rest, for all choices alike.
        """
        prompt, *whole = ids
        shared = common_length([prompt, *(one[:-1] for one in whole)])
        context, rest = whole[0][:shared], [one[shared:] for one in whole]
        if not context:  # nothing stands before the choices: a model needs one token to go on from
            tokenizer = self.language.tokenizer
            context = [tokenizer.bos_token_id if tokenizer.bos_token_id is not None else tokenizer.eos_token_id or 0]
        room = min(self.settings.max_tokens, self.language.max_tokens) - max(map(len, rest))
        return Asked(context[-max(1, room) :], rest)

    def compute(self, batch: Sequence[Encoded]) -> torch.Tensor:
        """The log-likelihood of every choice of every item, one after the other."""
        asked = [one.parts for one in batch]
        return self.shared(asked) if self.shares_context else self.plain(asked)

    def shared(self, asked: Sequence[Asked]) -> torch.Tensor:
        """One forward pass over contexts; a second over the choices' tokens, where any has more than one."""
        language = self.language
        ids, mask = language.left_padded([one.context for one in asked])
        needs_more = any(len(choice) > 1 for one in asked for choice in one.choices)
        states, cache = language.states(ids, mask, use_cache=needs_more)
        owner = torch.tensor([place for place, one in enumerate(asked) for _ in one.choices], device=language.device)
        rest = [choice for one in asked for choice in one.choices]
        first = torch.tensor([choice[0] for choice in rest], device=language.device)
        found = language.log_likelihoods(states[owner, -1], first)
        if not needs_more:
            return found
        cache.reorder_cache(owner)
        tail_ids, tail_mask = padded(
            [choice[:-1] or [choice[0]] for choice in rest], language.tokenizer.pad_token_id, language.device
        )
        tail, _ = language.states(tail_ids, torch.cat([mask[owner], tail_mask], 1), cache=cache, use_cache=True)
        return found + self.summed(tail, [(0, choice[1:]) for choice in rest])

    def plain(self, asked: Sequence[Asked]) -> torch.Tensor:
        """Every choice with its whole context, for models that keep no cache that can be shared."""
        language = self.language
        rows = [(one.context, choice) for one in asked for choice in one.choices]
        ids, mask = language.left_padded([context + choice for context, choice in rows])
        states, _ = language.states(ids, mask)
        width = ids.shape[1]
        return self.summed(states, [(width - len(choice) - 1, choice) for _, choice in rows])

    def summed(self, states: torch.Tensor, wanted: Sequence[tuple[int, list[int]]]) -> torch.Tensor:
        """By row, the summed log-likelihood of words that follow one another from a position on; 0 for none."""
        device = states.device
        rows = [row for row, (_, words) in enumerate(wanted) for _ in words]
        places = [start + step for start, words in wanted for step in range(len(words))]
        words = [word for _, row in wanted for word in row]
        total = torch.zeros(len(wanted), device=device)
        if not words:
            return total
        rows, places, words = (torch.tensor(numbers, device=device) for numbers in (rows, places, words))
        return total.index_add(0, rows, self.language.log_likelihoods(states[rows, places], words))

    def answers(self, batch: Sequence[Encoded], computed: torch.Tensor) -> list[dict]:
        scores = computed.to("cpu")
        ends = list(accumulate(len(one.parts.choices) for one in batch))
        found = []
        for one, start, end in zip(batch, [0, *ends], ends, strict=False):
            refuse_nan([one], scores[start:end])
            offered = self.suite.choices_of(one.item)
            ranked = self.normalised(scores[start:end], one.parts.choices, offered)
            best = ranked.topk(2)
            picked = int(ranked.argmax())
            said = str(picked) if one.item.choices else offered[picked].strip()
            found.append({"id": one.item.id, "prediction": said, "margin": float(best.values[0] - best.values[1])})
        return found

    def normalised(self, scores: torch.Tensor, tokens: list[list[int]], offered: Sequence[str]) -> torch.Tensor:
        """Log-likelihoods as the suite compares them: whole, by token or by byte."""
        if self.settings.normalise == "sum":
            return scores
        if self.settings.normalise == "tokens":
            return scores / torch.tensor([len(choice) for choice in tokens])
        return scores / torch.tensor([max(1, len(choice.encode())) for choice in offered])

    def sharing_holds(self) -> bool:
        """Whether this model gives the same with a shared context as without, tried on a few tokens."""
        words = self.language.model.config.get_text_config().vocab_size
        row = [number % words for number in range(3, 12)]
        example = [Asked(row[:5], [row[5:7], row[6:9]]), Asked(row[:3], [row[3:6], row[4:5]])]
        with torch.inference_mode():
            plain = self.plain(example)
            try:
                shared = self.shared(example)
            except (AttributeError, TypeError, ValueError, NotImplementedError):
                return False
        return bool((plain - shared).abs().max() < TOLERANCE[next(self.language.model.parameters()).dtype])


def common_length(rows: Sequence[Sequence[int]]) -> int:
    """How many tokens all rows begin with.

    >>> common_length([[1, 2, 3], [1, 2, 4, 5], [1, 2]])
    2
    """
    for place, tokens in enumerate(zip(*rows, strict=False)):
        if len(set(tokens)) > 1:
            return place
    return min(map(len, rows))
