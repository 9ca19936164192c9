"""Classifies texts: with a transformers classifier, with an encoder and a head, or with a module of our own."""

from __future__ import annotations

from collections.abc import Sequence

import torch

from lineage.runs.engine import Encoded
from lineage.runs.labels import LabelTask, moved, padded
from lineage.runs.modules import ByteNgrams
from lineage.suites import Item, Settings

NO_LIMIT = 1_000_000  # tokenizers that know no limit say a number with thirty digits


class TextClassifier(LabelTask):
    """A model of transformers that gives one score a label."""

    def __init__(self, model, tokenizer, labels, settings: Settings, device: torch.device):
        super().__init__(labels, device)
        self.model, self.tokenizer, self.settings = model, tokenizer, settings
        limit = min(tokenizer.model_max_length, NO_LIMIT)
        self.max_tokens = min(settings.max_tokens, limit, positions_of(model.config))

    def encode(self, items: Sequence[Item]) -> list[Encoded]:
        """Token ids of each item, cut at the end where it is too long."""
        texts = [asked(item, self.settings) for item in items]
        pairs = [item.pair or "" for item in items] if has_pairs(items, self.settings) else None
        found = self.tokenizer(texts, pairs, truncation=True, max_length=self.max_tokens, return_attention_mask=False)
        kinds = found.get("token_type_ids")
        return [
            Encoded(item, len(ids), (ids, kinds[place] if kinds else None))
            for place, (item, ids) in enumerate(zip(items, found["input_ids"], strict=True))
        ]

    def compute(self, batch: Sequence[Encoded]) -> torch.Tensor:
        """Scores in float32, [items, labels]."""
        ids, mask = padded([one.parts[0] for one in batch], self.tokenizer.pad_token_id, self.device)
        given = {"input_ids": ids, "attention_mask": mask}
        if batch[0].parts[1] is not None:
            given["token_type_ids"] = padded([one.parts[1] for one in batch], 0, self.device)[0]
        return self.scores(given)

    def scores(self, given: dict[str, torch.Tensor]) -> torch.Tensor:
        return self.model(**given).logits.float()


class EmbeddingClassifier(TextClassifier):
    """An encoder whose pooled states go through a linear head."""

    def __init__(self, model, tokenizer, head, settings: Settings, device: torch.device):
        super().__init__(model, tokenizer, head.labels, settings, device)
        self.head = head

    def scores(self, given: dict[str, torch.Tensor]) -> torch.Tensor:
        return self.head(self.model(**given).last_hidden_state, given["attention_mask"])


class NgramClassifier(LabelTask):
    """Our own small module over the bytes of a text; it needs no tokenizer."""

    def __init__(self, module: ByteNgrams, settings: Settings, device: torch.device):
        super().__init__(module.labels, device)
        self.module, self.settings = module, settings

    def encode(self, items: Sequence[Item]) -> list[Encoded]:
        found = [self.module.encode(asked(item, self.settings)) for item in items]
        return [Encoded(item, len(ids), ids) for item, ids in zip(items, found, strict=True)]

    def compute(self, batch: Sequence[Encoded]) -> torch.Tensor:
        """Scores in float32, [items, labels]; bags of different sizes need no padding."""
        flat = torch.tensor([number for one in batch for number in one.parts], dtype=torch.long)
        starts = torch.tensor([0, *(one.length for one in batch)][:-1], dtype=torch.long).cumsum(0)
        return self.module(moved(flat, self.device), moved(starts, self.device)).float()


def asked(item: Item, settings: Settings) -> str:
    """The text of an item as the suite asks it."""
    return settings.prompt.replace("{pair}", item.pair or "").replace("{input}", item.input)


def has_pairs(items: Sequence[Item], settings: Settings) -> bool:
    """Whether the second text is an input of its own and not part of the prompt."""
    return "{pair}" not in settings.prompt and any(item.pair is not None for item in items)


def positions_of(config) -> int:
    """How many tokens a model has positions for; a large number where it does not say."""
    config = config.get_text_config() if hasattr(config, "get_text_config") else config
    return getattr(config, "max_position_embeddings", None) or NO_LIMIT
