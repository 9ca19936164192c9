"""Which paper of a card is the model's own: by its words, its title or its place, and not every one that is named."""

from dataclasses import replace

import pytest

from openness.mof import components_of, view_of
from openness.mof.components import BY_SLUG
from openness.mof.paper_signs import own_word
from openness.state import LinkedRepo
from tests.test_mof_evidence import CARD, STATE

LINK = "https://arxiv.org/abs/2401.00001"
ENTRY = "```\n@article{a2024,\n  title={A Study of Small Things},\n  journal={arXiv preprint arXiv:2401.00001}\n}\n```"


def presence(text: str, name: str = "acme/minnow-small", slug: str = "research-paper", **fields) -> str:
    state = replace(STATE, name=name, card_text=f"{CARD}\n{text}\n", tags=(), **fields)
    return components_of(view_of(state))[BY_SLUG[slug].id].presence


@pytest.mark.parametrize(
    "text",
    [
        f"More is in [our paper]({LINK}).",
        f"The model was introduced in\n[this paper]({LINK}) by A. and B.",
        f"- **Paper:** {LINK}",
        f"[[Paper]]({LINK}) [[Code]](https://example.org)",
        f"This is the small model of the paper [A Study]({LINK}).",
        f"## Citation\n\nIf you use this model in your work, please cite this paper:\n\n{ENTRY}",
        f"## Citation\n\nPlease consider citing us.\n\n{ENTRY}",
        f"- **Cite as:**\n\n{ENTRY}",
        f"[Minnow: A Model]({LINK}) has the details.",
        '## Citation\n```\n@inproceedings{t,\n title = "Minnow: A Model",\n booktitle = "Proc. of X"\n}\n```',
    ],
)
def test_a_paper_is_the_model_s_own_where_the_card_presents_it_so(text):
    assert presence(text) == "B"


@pytest.mark.parametrize(
    "text",
    [
        f"It has the settings of the [original paper]({LINK}).",
        f"The **Large** model was presented in [A Study]({LINK}).",
        f"## References\n\n1. A. and B., [Minnow: A Model]({LINK})",
        f"### BibTeX entry and citation info\n\n{ENTRY}",
        "If you use this model, please cite:\n```\n@misc{t,\n title={Minnow},\n eprint={arXiv:XXXX.XXXXX}\n}\n```",
        "If you use this model, please cite:\n```\n@misc{t,\n title={Minnow},\n howpublished={https://example.org}\n}\n```",
        "If you use this model, please cite the paper.",
    ],
)
def test_a_paper_that_is_only_named_or_not_published_is_not_the_model_s_own(text):
    assert presence(text) not in ("A", "B")


def test_a_comment_with_a_fence_in_it_hides_no_more_than_itself():
    commented = "<!--```\n@misc{old,\n title={Old}\n}\n```-->"
    assert presence(f"If you use this model, please cite this paper:\n\n{commented}\n\n{ENTRY}") == "B"


@pytest.mark.parametrize(
    ("name", "word"),
    [
        ("acme/Exaone-3.5-2B", "exaone"),
        ("google/electra-small-discriminator", "electra"),
        ("acme/electra-small-squad", ""),
        ("acme/electra-small-turkish", ""),
        ("electra/electra-squad", "electra"),
        ("acme/spanner-base-finetuned-quora", ""),
        ("acme/7b-chat", ""),
    ],
)
def test_the_word_of_a_name_by_which_a_paper_would_call_the_model(name, word):
    assert own_word(view_of(replace(STATE, name=name))) == word


def test_a_report_is_told_from_a_paper_and_a_parent_s_paper_from_one_s_own():
    assert presence(f"See our [Technical Report]({LINK}).", slug="technical-report") == "B"
    parent = (LinkedRepo("model", "mega/large", True, "no", "mit", True, card_text="# Large"),)
    assert presence(f"- **Paper:** {LINK}", linked=parent) == "C"
    assert presence(f"[Minnow: A Model]({LINK})", linked=parent) == "B"
