"""Under which licence a component stands: every source before the next, and two that disagree kept side by side."""

import pytest

from openness.mof import assess, view_of
from openness.mof.components import BY_SLUG
from openness.mof.licence_sources import of_sign, own_licence
from openness.mof.signs import of_field, of_path, sign
from openness.state import FileFact, LinkedRepo, RepoState

MIT = "Permission is hereby granted, free of charge, to any person obtaining a copy of this software"
GEMMA = "Gemma Terms of Use\nLast modified"
APACHE = "Licensed under the Apache License, Version 2.0"
SENTENCE = "The code is licensed under MIT and the model weights are licensed under CC-BY-4.0."
PATHS = ("code/train.py", "model.safetensors", "LICENSE", "code/LICENSE", "LICENSE-CODE", "LICENSE-MODEL")


def view(header="", body="Words.", **small_files):
    texts = {path.replace("__", "/").replace("_", "-"): text for path, text in small_files.items()}
    card = f"---\n{header}\n---\n{body}\n" if header else body
    files = tuple(FileFact(path) for path in PATHS)
    return view_of(RepoState("model", "acme/tiny", "present", card, files=files, small_files=texts))


def of_code(found, **more):
    return of_sign(found, sign("training-code", "A", of_path("code/train.py"), **more), BY_SLUG["training-code"])


def of_weights(found):
    shown = sign("final-model-parameters", "A", of_path("model.safetensors"))
    return of_sign(found, shown, BY_SLUG["final-model-parameters"])


def said(resolved):
    return resolved.source.reading.expression, [source.reading.expression for source in resolved.against]


def test_a_licence_beside_the_file_goes_before_its_source_s_own_and_both_are_kept():
    found = of_code(view(code__LICENSE=MIT), licence="Apache-2.0", licence_from="library acme")
    assert said(found) == ("MIT", ["Apache-2.0"]) and found.verdict == "contradicted"


def test_a_licence_beside_the_file_goes_before_one_that_is_named_for_its_kind():
    assert said(of_code(view(code__LICENSE=MIT, LICENSE_CODE=APACHE))) == ("MIT", ["Apache-2.0"])


def test_the_source_s_own_licence_goes_before_a_sentence_in_the_card():
    found = of_code(view(body=SENTENCE), licence="Apache-2.0", licence_from="library acme")
    assert said(found) == ("Apache-2.0", [])


def test_a_sentence_in_the_card_goes_before_the_header():
    found = of_weights(view("license: llama3", SENTENCE))
    assert said(found) == ("CC-BY-4.0", ["llama3"]) and found.verdict == found.openness == "contradicted"


def test_a_sentence_about_the_code_refines_the_header_of_a_model_and_does_not_contradict_it():
    assert said(of_code(view("license: llama3", SENTENCE))) == ("MIT", [])


def test_a_licence_for_the_weights_against_the_header_is_contradicted():
    assert said(of_weights(view("license: mit", LICENSE_MODEL=GEMMA))) == ("gemma", ["MIT"])


def test_the_header_goes_before_the_text_of_the_root_and_both_are_kept():
    found = own_licence(view("license: mit", LICENSE=GEMMA))
    assert said(found) == ("MIT", ["gemma"]) and found.openness == "contradicted"
    assert found.as_dict()["contradicted_by"] == {
        "licence": "gemma", "verdict": "refused", "from": "the text of LICENSE"
    }  # fmt: skip


def test_two_open_licences_that_disagree_are_contradicted_and_still_open():
    found = own_licence(view("license: mit", LICENSE=APACHE))
    assert (said(found), found.verdict, found.openness) == (("MIT", ["Apache-2.0"]), "contradicted", "open")


def test_a_header_that_names_none_gives_way_to_the_text_of_the_root():
    assert said(own_licence(view("license: other", LICENSE=GEMMA))) == ("gemma", [])


@pytest.mark.parametrize("header", ["license: mit", "license: gpl"])
def test_the_text_of_the_same_licence_or_of_a_member_of_the_family_is_no_contradiction(header):
    text = MIT if "mit" in header else "GNU GENERAL PUBLIC LICENSE\nVersion 3, 29 June 2007"
    assert own_licence(view(header, LICENSE=text)).against == ()


def test_the_text_of_the_root_goes_before_no_licence_at_all():
    assert said(own_licence(view("language: en", LICENSE=MIT))) == ("MIT", [])
    assert own_licence(view("language: en")).verdict == "unstated"


def test_a_header_that_cannot_be_read_leaves_the_licence_unknown_and_not_unstated():
    assert own_licence(view("license: [mit")).verdict == "unknown"


def test_a_dataset_without_a_licence_does_not_take_the_model_s():
    shown = view("license: mit")
    found = of_sign(
        shown, sign("datasets", "B", of_field(shown, "datasets", "acme/corpus"), licence=""), BY_SLUG["datasets"]
    )
    assert found.verdict == "unstated"


def test_datasets_resolve_to_their_own_licences_whatever_the_model_s_is():
    corpus = LinkedRepo("dataset", "acme/corpus", True, "no", "cc-by-nc-4.0", True, has_data_files=True)
    card = "---\nlicense: mit\ndatasets: [acme/corpus]\n---\nWords.\n"
    state = RepoState("model", "acme/tiny", "present", card, files=(), linked=(corpus,))
    row = next(row for row in assess(state).extra["components"] if row["slug"] == "datasets")
    assert (row["presence"], row["licence"], row["status"]) == ("B", "CC-BY-NC-4.0", "invalid")
