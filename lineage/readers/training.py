"""Base, adapter and datasets in the YAML of a trainer: axolotl, LLaMA-Factory, TRL's scripts, AutoTrain, unsloth.

Keys: axolotl's config.md (`base_model`, `adapter`, `datasets[].path`), LLaMA-Factory's examples (`model_name_or_path`,
`finetuning_type`, `adapter_name_or_path`), TRL's ModelConfig and ScriptArguments (`use_peft`, `dataset_name`),
AutoTrain's configs (`base_model`, `data.path`, `params.peft`). A dataset there is often a local name; only one with an
owner is a repository.
"""

from __future__ import annotations

from collections.abc import Iterator

from lineage.claims import DATASET, ClaimRecord, Reading, quoted
from lineage.readers.mergekit import is_recipe
from lineage.readers.mergekit_inputs import reference_of
from lineage.readers.places import Place
from lineage.references import read_reference

BASE_KEYS = ("base_model", "model_name_or_path")
# Words of which a training file has several; a merge recipe or a card's header has none or one.
TRAINING_KEYS = frozenset(
    "datasets dataset dataset_name sequence_len cutoff_len max_seq_length micro_batch_size num_epochs num_train_epochs"
    " learning_rate output_dir adapter finetuning_type stage use_peft lora_r lora_rank per_device_train_batch_size"
    " gradient_accumulation_steps task params data hub project_name max_steps lr_scheduler_type optimizer load_in_4bit"
    " load_in_8bit lora_alpha lora_target_modules lora_target_linear val_set_size sample_packing model_type"
    " tokenizer_type strict chat_template".split()
)
FEWEST = 3  # of them
DATASETS_MOST = 100


def is_training(document: object) -> bool:
    """Does a parsed YAML document read as a trainer's file?

    >>> is_training({"base_model": "acme/tiny", "datasets": [], "learning_rate": 1, "adapter": "lora"})
    True
    """
    return (
        isinstance(document, dict)
        and not is_recipe(document)
        and sum(isinstance(key, str) and key in TRAINING_KEYS for key in document) >= FEWEST
    )


def trains_adapter(document: dict) -> bool:
    """Does the file ask for an adapter, in one of the trainers' ways?"""
    params = document.get("params")
    return (
        document.get("adapter") in ("lora", "qlora", "dora", "llama-adapter")
        or document.get("finetuning_type") in ("lora", "oft", "qlora")
        or document.get("use_peft") is True
        or (isinstance(params, dict) and params.get("peft") is True)
    )


def datasets_in(document: dict) -> Iterator[tuple[str, str]]:
    """(field, name) of each dataset that may be a repository."""
    for field in ("datasets", "pretraining_dataset", "dataset", "dataset_name", "data"):
        value = document.get(field)
        parts = value if isinstance(value, list) else [value]
        for part in parts[:DATASETS_MOST]:
            name = part.get("path") if isinstance(part, dict) else part
            for each in name.split(",") if isinstance(name, str) else ():
                if "/" in each and (found := read_reference(each)) and found.name:
                    yield field, each.strip()


def read_training(parsed: list[tuple[object, Place, str]]) -> Reading:
    """The claims of the trainers' files among parsed documents."""
    claims: list[ClaimRecord] = []
    for document, place, _ in parsed:
        if is_training(document):
            claims += claims_in(document, place)
    return Reading(tuple(claims))


def claims_in(document: dict, place: Place) -> Iterator[ClaimRecord]:
    field, base = next(((key, found) for key in BASE_KEYS if (found := reference_of(document.get(key)))), ("", None))
    if base is None:
        return
    relation = "adapter" if trains_adapter(document) else "finetune"
    said = {"relation": relation, "role": "base", "parent_revision": revision_in(document) or base.revision}
    yield training_claim(base.path, place, field=field, **said)
    started = reference_of(document.get("adapter_name_or_path") or document.get("lora_model_dir"))
    if started and started.path != base.path:
        yield training_claim(started.path, place, field="adapter", relation=relation, role="adapter")
    for name, dataset in datasets_in(document):
        yield training_claim(dataset, place, field=name, relation="trained_on", parent_kind=DATASET)


def revision_in(document: dict) -> str:
    found = (document.get(key) for key in ("revision_of_model", "model_revision"))
    return next((value.strip()[:80] for value in found if isinstance(value, str)), "")


def training_claim(parent: str, place: Place, **said) -> ClaimRecord:
    lines = place.find(parent)
    quote = quoted(place.line(lines[0])) if lines else parent
    return ClaimRecord(parent, "training_config", file=place.file, lines=lines, quote=quote, **said)
