"""Greedy generation: the likeliest next token again and again, compared with the right answer as a whole."""

from __future__ import annotations

from collections.abc import Sequence

import torch

from lineage.matching import cut_at, is_match
from lineage.runs.engine import Encoded
from lineage.runs.labels import refuse_nan
from lineage.runs.language import LanguageModel
from lineage.suites import Item, Settings

LOOK_EVERY = 8  # tokens; between looks nothing is copied from the device


class Writing:
    """Writes an answer to each item."""

    def __init__(self, language: LanguageModel, settings: Settings):
        self.language, self.settings = language, settings
        ends = language.model.generation_config.eos_token_id
        ends = ends if isinstance(ends, list) else [ends]
        self.ends = {end for end in [*ends, language.tokenizer.eos_token_id] if end is not None}

    def encode(self, items: Sequence[Item]) -> list[Encoded]:
        """Prompts, cut at their beginning where they leave no room for an answer."""
        room = max(1, min(self.settings.max_tokens, self.language.max_tokens - self.settings.max_new_tokens))
        found = self.language.ids(self.language.prompts(items, self.settings), self.settings)
        start = self.language.tokenizer.bos_token_id or 0
        return [
            Encoded(item, len(ids[-room:]) + self.settings.max_new_tokens, ids[-room:] or [start])
            for item, ids in zip(items, found, strict=True)
        ]

    def compute(self, batch: Sequence[Encoded]) -> tuple[torch.Tensor, torch.Tensor]:
        """Token ids [items, tokens] and, for each, the lead of the likeliest over the next in float32."""
        language = self.language
        ids, mask = language.left_padded([one.parts for one in batch])
        ends = torch.tensor(sorted(self.ends), device=language.device)
        over = torch.zeros(len(batch), dtype=torch.bool, device=language.device)
        written, leads, cache = [], [], None
        for step in range(self.settings.max_new_tokens):
            states, cache = language.states(ids, mask, cache=cache, use_cache=True)
            best = language.logits(states[:, -1]).topk(2, dim=-1)
            ids = best.indices[:, :1]
            written.append(ids)
            leads.append(best.values[:, :1] - best.values[:, 1:])
            mask = torch.cat([mask, torch.ones_like(ids)], 1)
            over |= torch.isin(ids[:, 0], ends)
            if step % LOOK_EVERY == LOOK_EVERY - 1 and self.all_over(torch.cat(written, 1), over):
                break
            if cache is None:
                raise NotImplementedError("a model without a cache writes too slowly to be run")
        return torch.cat(written, 1), torch.cat(leads, 1)

    def all_over(self, written: torch.Tensor, over: torch.Tensor) -> bool:
        """Whether every row has reached its end or a stop string."""
        left = (~over).nonzero()[:, 0].tolist()
        return all(self.has_stopped(written[row].tolist()) for row in left)

    def has_stopped(self, tokens: list[int]) -> bool:
        text = self.language.tokenizer.decode(tokens, skip_special_tokens=True)
        return any(stop in text for stop in self.settings.stop)

    def answers(self, batch: Sequence[Encoded], computed: tuple[torch.Tensor, torch.Tensor]) -> list[dict]:
        """Each answer as it was written; its margin is the narrowest lead of any of its tokens."""
        tokens, leads = (tensor.to("cpu") for tensor in computed)
        refuse_nan(batch, leads)
        found = []
        for one, row, lead in zip(batch, tokens.tolist(), leads.tolist(), strict=True):
            end = next((place for place, token in enumerate(row) if token in self.ends), len(row))
            text = self.language.tokenizer.decode(row[:end], skip_special_tokens=True)
            answer = cut_at(text, self.settings.stop).strip()
            is_right = is_match(answer, one.item.label, self.settings.match)
            found.append({"id": one.item.id, "prediction": answer, "correct": is_right, "margin": min(lead[: end + 1])})
        return found
