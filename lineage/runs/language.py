"""A causal language model as the runs use it: states first, and logits only of the positions that are asked for."""

from __future__ import annotations

import inspect
from collections.abc import Sequence

import torch

from lineage.runs.labels import padded
from lineage.runs.texts import NO_LIMIT, asked, positions_of
from lineage.suites import Item, Settings

ROWS_AT_ONCE = 512  # of logits: with 128,000 words in float32, 256 MB


class LanguageModel:
    """A causal model and its tokenizer. Rows of a batch are padded at their left, so each ends where it is read."""

    def __init__(self, model, tokenizer, device: torch.device):
        self.model, self.tokenizer, self.device = model, tokenizer, device
        self.body = getattr(model, model.base_model_prefix, None)
        self.head = model.get_output_embeddings()
        self.takes = set(inspect.signature((self.body or model).forward).parameters)
        self.max_tokens = min(tokenizer.model_max_length, NO_LIMIT, positions_of(model.config))
        self.has_shortcut = self.body is not None and self.head is not None and self.shortcut_holds()

    def shortcut_holds(self) -> bool:
        """Whether the head over chosen states gives this model's own logits; some scale or cap them afterwards."""
        ids = torch.arange(8, device=self.device).unsqueeze(0) % self.model.config.get_text_config().vocab_size
        with torch.inference_mode():
            whole = self.model(input_ids=ids).logits.float()
            short = self.head(self.body(input_ids=ids).last_hidden_state).float()
        return whole.shape == short.shape and torch.allclose(whole, short, rtol=1e-3, atol=1e-3)

    def states(self, ids: torch.Tensor, mask: torch.Tensor, cache=None, use_cache: bool = False):
        """States, or logits where there is no shortcut, of the last `ids` columns of `mask`; and the cache."""
        given = {"input_ids": ids, "attention_mask": mask}
        if "position_ids" in self.takes:
            given["position_ids"] = (mask.cumsum(1) - 1).clamp(min=0)[:, -ids.shape[1] :]
        if "use_cache" in self.takes:
            given |= {"use_cache": use_cache, "past_key_values": cache}
        if self.has_shortcut:
            found = self.body(**given)
            return found.last_hidden_state, getattr(found, "past_key_values", None)
        found = self.model(**given)
        return found.logits, getattr(found, "past_key_values", None)

    def logits(self, states: torch.Tensor) -> torch.Tensor:
        """Logits in float32 of rows of states, [rows, words]."""
        return (self.head(states) if self.has_shortcut else states).float()

    def log_likelihoods(self, states: torch.Tensor, words: torch.Tensor) -> torch.Tensor:
        """The log-probability, in float32, of one word after each row of states."""
        found = [
            torch.log_softmax(self.logits(rows), dim=-1).gather(1, words[at : at + ROWS_AT_ONCE, None])[:, 0]
            for at, rows in ((at, states[at : at + ROWS_AT_ONCE]) for at in range(0, len(states), ROWS_AT_ONCE))
        ]
        return torch.cat(found)

    def left_padded(self, rows: Sequence[Sequence[int]]) -> tuple[torch.Tensor, torch.Tensor]:
        return padded(rows, self.tokenizer.pad_token_id, self.device, left=True)

    def prompts(self, items: Sequence[Item], settings: Settings) -> list[str]:
        """What each item asks, through the model's chat template where the suite wants that."""
        texts = [asked(item, settings) for item in items]
        if not settings.chat:
            return texts
        return [
            self.tokenizer.apply_chat_template(
                [{"role": "user", "content": text}], tokenize=False, add_generation_prompt=True
            )
            for text in texts
        ]

    def ids(self, texts: Sequence[str], settings: Settings) -> list[list[int]]:
        """Token ids; a chat template has written the special ones already."""
        return self.tokenizer(list(texts), add_special_tokens=not settings.chat, return_attention_mask=False)[
            "input_ids"
        ]
