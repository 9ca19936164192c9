"""Small models of transformers with random weights, and a tokenizer of whole words, for tests of the runners."""

import random
from pathlib import Path

WORDS = "the a cat dog sat ran on mat far away not very good bad film was is it and then home red blue".split()


def tokenizer():
    """A tokenizer that knows 24 words."""
    from tokenizers import Tokenizer, models, pre_tokenizers
    from transformers import PreTrainedTokenizerFast

    known = {word: number for number, word in enumerate(["<pad>", "<unk>", "<s>", "</s>", *WORDS])}
    inner = Tokenizer(models.WordLevel(known, unk_token="<unk>"))
    inner.pre_tokenizer = pre_tokenizers.Whitespace()
    special = {"unk_token": "<unk>", "pad_token": "<pad>", "bos_token": "<s>", "eos_token": "</s>"}
    return PreTrainedTokenizerFast(tokenizer_object=inner, model_max_length=64, **special)


def causal(folder: Path, seed: int = 0, **changed) -> Path:
    """A Llama of two layers."""
    import torch
    from transformers import LlamaConfig, LlamaForCausalLM

    torch.manual_seed(seed)
    sizes = {"hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 2, "num_attention_heads": 4}
    config = LlamaConfig(
        vocab_size=len(WORDS) + 4,
        num_key_value_heads=2,
        max_position_embeddings=64,
        initializer_range=0.4,
        pad_token_id=0,
        bos_token_id=2,
        eos_token_id=3,
        **sizes | changed,
    )
    LlamaForCausalLM(config).save_pretrained(folder)
    tokenizer().save_pretrained(folder)
    return folder


def classifier(folder: Path, labels=("neg", "pos"), seed: int = 0) -> Path:
    """A BERT of two layers with a classifier's head."""
    import torch
    from transformers import BertConfig, BertForSequenceClassification

    torch.manual_seed(seed)
    config = BertConfig(
        vocab_size=len(WORDS) + 4,
        hidden_size=32,
        num_hidden_layers=2,
        num_attention_heads=4,
        intermediate_size=64,
        max_position_embeddings=64,
        initializer_range=0.3,
        id2label=dict(enumerate(labels)),
        label2id={label: number for number, label in enumerate(labels)},
    )
    BertForSequenceClassification(config).save_pretrained(folder)
    tokenizer().save_pretrained(folder)
    return folder


def sentences(number: int, seed: int = 0) -> list[str]:
    """Sentences of 1 to 30 words."""
    rng = random.Random(seed)
    return [" ".join(rng.choices(WORDS, k=rng.randint(1, 30))) for _ in range(number)]
