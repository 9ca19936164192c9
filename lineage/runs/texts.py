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
        encoded = {}
        for of_two in (False, True):  # apart, so that no item is read otherwise for what stands beside it
            places = [place for place, item in enumerate(items) if is_pair(item, self.settings) == of_two]
            if places:
                encoded |= zip(places, self.encode_alike([items[place] for place in places], of_two), strict=True)
        return [encoded[place] for place in range(len(items))]

    def encode_alike(self, items: Sequence[Item], of_two: bool) -> list[Encoded]:
        """Token ids of items that all have one text, or all two; one without any token is asked as its first mark."""
        texts = [asked(item, self.settings) for item in items]
        pairs = [item.pair for item in items] if of_two else None
        found = self.tokenizer(texts, pairs, truncation=True, max_length=self.max_tokens, return_attention_mask=False)
        kinds = found.get("token_type_ids") or [None] * len(items)
        return [
            Encoded(item, len(ids) or 1, (ids or [blank_of(self.tokenizer)], kind if ids or kind is None else [0]))
            for item, ids, kind in zip(items, found["input_ids"], kinds, strict=True)
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


def is_pair(item: Item, settings: Settings) -> bool:
    """Whether an item has a second text that is an input of its own and not part of the prompt."""
    return "{pair}" not in settings.prompt and item.pair is not None


def blank_of(tokenizer) -> int:
    """The token that stands for a text without any: what a text begins with, else ends with, else padding."""
    marks = (tokenizer.cls_token_id, tokenizer.bos_token_id, tokenizer.eos_token_id, tokenizer.pad_token_id)
    return next(mark for mark in marks if mark is not None)


def positions_of(config) -> int:
    """How many tokens a model has positions for; a large number where it does not say."""
    config = config.get_text_config() if hasattr(config, "get_text_config") else config
    return getattr(config, "max_position_embeddings", None) or NO_LIMIT
