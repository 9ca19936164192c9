"""Components found in real repositories against labels set by hand, a part of which was never looked at when tuning."""

import pytest

from tests.bench.mof_labels import compare, rates

LEAST = {  # precision, recall
    "final-model-parameters": (0.95, 0.95),
    "model-architecture": (0.9, 0.95),
    "inference-code": (0.9, 0.95),
    "model-card": (0.85, 0.9),
    "evaluation-results": (0.9, 0.95),
    "data-card": (0.8, 0.8),
    "training-code": (0.8, 0.8),
}


@pytest.mark.parametrize("half", ["tuned", "kept"])
def test_components_are_found_as_a_person_finds_them(half):
    measured = rates(compare(half)[0])
    for slug, (precision, recall) in LEAST.items():
        assert measured[slug]["precision"] >= precision, slug
        assert measured[slug]["recall"] >= recall, slug
