"""How a card answers each criterion of its rubric, a letter each, so that a corpus is counted without its findings.

| letter | the card has |
|---|---|
| s | content under a title of its own |
| b | a title of its own without content (a pointer, a stock sentence, a placeholder), and evidence all the same |
| e | evidence elsewhere alone: in the header or in running text |
| p | a title of its own over a placeholder alone |
| - | nothing |
| n | no need to: the criterion does not apply |
| ? | what could not be judged |
"""

from __future__ import annotations

from collections.abc import Iterable

from openness.findings import Finding

OWN = "s"
EVIDENCE = "sbe"
TITLED = "sbp"
NOT_APPLICABLE, UNKNOWN = "n", "?"


def marks_of(findings: Iterable[Finding]) -> str:
    """The letters of a card's findings, in their order.

    >>> marks_of([Finding("M01", "summary", "metadata", 1.0, 5, titled="content"), Finding("M02", "x", "none", 0.0, 3)])
    's-'
    """
    return "".join(map(mark_of, findings))


def mark_of(finding: Finding) -> str:
    if finding.tier == "unknown":
        return UNKNOWN
    if finding.tier == "na":
        return NOT_APPLICABLE
    if finding.titled == "content":
        return OWN
    if finding.value > 0:
        return "b" if finding.titled else "e"
    return "p" if finding.titled else "-"
