"""Which task a suite and a version make together."""

from __future__ import annotations

from lineage.runs.engine import Task
from lineage.runs.loading import Source, check_config, encoder_head, names_of, own_module, tokenizer, transformer
from lineage.runs.modules import ByteNgrams, PixelNetwork
from lineage.runs.problems import BadRun
from lineage.suites import CHOICE, CLASSIFICATION, IMAGES, Suite
from lineage.version_files import MODULE, read_json


def task_for(suite: Suite, source: Source) -> Task:
    """The version, loaded for the suite's task. Raises BadRun."""
    if source.has(MODULE):
        return task_of_ours(suite, source)
    check_config(source)
    import transformers

    if suite.task == CLASSIFICATION:
        from lineage.runs.texts import TextClassifier

        model = transformer(transformers.AutoModelForSequenceClassification, source)
        words = tokenizer(source)
        model.config.pad_token_id = words.pad_token_id  # a decoder's classifier reads the last token that is no padding
        return TextClassifier(model, words, names_of(model), suite.settings, source.device)
    if suite.task == IMAGES:
        from lineage.runs.images import ImageClassifier

        model = transformer(transformers.AutoModelForImageClassification, source)
        processor = transformers.AutoImageProcessor.from_pretrained(
            source.whole, local_files_only=True, trust_remote_code=False
        )
        return ImageClassifier(model, processor, names_of(model), suite.pictures, source.device)
    from lineage.runs.language import LanguageModel

    model = transformer(transformers.AutoModelForCausalLM, source)
    language = LanguageModel(model, tokenizer(source), source.device)
    if suite.task == CHOICE:
        from lineage.runs.choices import Choices

        return Choices(language, suite)
    from lineage.runs.writing import Writing

    return Writing(language, suite.settings)


def task_of_ours(suite: Suite, source: Source) -> Task:
    """A small module of our own for the suite's task. Raises BadRun where it is for another."""
    kind = read_json(source.folder / MODULE).get("architecture")
    if suite.task == CLASSIFICATION and kind == "encoder-head":
        from lineage.runs.texts import EmbeddingClassifier

        encoder, head, words = encoder_head(source)
        return EmbeddingClassifier(encoder, words, head, suite.settings, source.device)
    module = own_module(source)
    if suite.task == CLASSIFICATION and isinstance(module, ByteNgrams):
        from lineage.runs.texts import NgramClassifier

        return NgramClassifier(module, suite.settings, source.device)
    if suite.task == IMAGES and isinstance(module, PixelNetwork):
        from lineage.runs.images import PixelClassifier

        return PixelClassifier(module, suite.pictures, source.device)
    raise BadRun(f"The module {str(kind)[:60]!r} cannot be asked for {suite.task}.")
