"""A dataset's card is scored on what it says."""

import pytest

from openness.cards.scoring import score
from openness.rubric import load
from registry.cards import read_card

RUBRIC = load("data-card")


def found(text):
    return {finding.id: finding for finding in score(read_card(text), RUBRIC).findings}


def test_there_is_no_total_where_less_than_half_is_decided():
    result = score(read_card("# Poems\n\nFive thousand poems in English.\n"), load("data-card", "0.1"))
    assert (result.score, result.assessed_weight) == (None, 38.0)


LEGACY = """# Dataset Card for [Dataset Name]

## Table of Contents
- [Dataset Description](#dataset-description)

## Dataset Description

- **Homepage:** [Needs More Information]
- **Paper:** [Needs More Information]
- **Point of Contact:** [Needs More Information]

### Dataset Summary

[More Information Needed]

### Supported Tasks and Leaderboards

[More Information Needed]

### Languages

[More Information Needed]

## Dataset Structure

### Data Fields

[More Information Needed]

### Data Splits

[More Information Needed]

## Additional Information

### Licensing Information

[More Information Needed]

### Citation Information

[More Information Needed]

### Contributions

Thanks to [@github-username](https://github.com/<github-username>) for adding this dataset.
"""


def test_a_blank_template_earns_nothing():
    answers = found(LEGACY)
    assert {finding.value for finding in answers.values()} == {0.0}
    assert {id for id, f in answers.items() if f.tier == "placeholder"} >= {
        "D01",
        "D03",
        "D05",
        "D07",
        "D08",
        "D10",
        "D24",
    }


def test_a_homepage_is_no_summary():
    assert found("## Dataset Description\n\n- **Homepage:** https://example.org\n")["D01"].value == 0.0


@pytest.mark.parametrize(
    ("header", "criterion", "value"),
    [
        ("dataset_info:\n  features:\n  - {name: text, dtype: string}", "D05", 1.0),
        ("dataset_info:\n- config_name: a\n  features:\n  - {name: text, dtype: string}", "D05", 1.0),
        ("dataset_info:\n  features: []", "D05", 0.0),
        ("dataset_info:\n  splits:\n  - {name: train, num_examples: 5000}", "D07", 1.0),
        ("dataset_info:\n  splits:\n  - {name: train}", "D07", 0.0),
        ("dataset_info: 5", "D05", 0.0),
        ("language:\n- en\n- no", "D08", 1.0),
        ("language: english", "D08", 0.0),
        ("size_categories:\n- 1K<n<10K", "D09", 0.5),
        ("size_categories:\n  en:\n  - 1K<n<10K", "D09", 0.5),
        ("size_categories: huge", "D09", 0.0),
        ("size_categories:\n- n<1K", "D09", 0.5),
        ("task_categories:\n- text-generation", "D10", 1.0),
        ("task_categories:\n- coffee", "D10", 0.0),
        ("source_datasets:\n- original", "D15", 1.0),
        ("source_datasets:\n- extended|squad", "D15", 1.0),
        ("source_datasets:\n- extended|other-some-book", "D15", 0.0),
        ("license: cc-by-4.0", "D03", 1.0),
    ],
)
def test_fields_of_the_header_count_when_the_hub_would_know_them(header, criterion, value):
    assert found(f"---\n{header}\n---\n")[criterion].value == value


def test_tables_and_code_are_content_where_they_are_the_answer():
    fields = "## Data Fields\n\n| name | type |\n|---|---|\n| text | string |\n\n"
    answers = found(fields + "## Data Splits\n\n| train | 4000 |\n|---|---|\n| test | 1000 |\n")
    assert (answers["D05"].tier, answers["D07"].tier) == ("section", "section")


def test_a_paper_is_cited_by_bibtex_or_by_its_id():
    assert found("### Citation Information\n\n```\n@inproceedings{ann2026,\n}\n```\n")["D24"].tier == "section"
    assert found("It is described in the paper arXiv:2601.01234.\n")["D24"].tier == "prose"
