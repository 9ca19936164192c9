"""The evidence that an assessment stores, as rows, and what changed between two assessments of one repository."""

from __future__ import annotations

from openness.models import Assessment

Row = dict


def evidence_rows(row: Assessment) -> list[Row]:
    """Each piece of evidence with object, revision, path or field, lines, quote, grade and reader."""
    seen = {part["name"]: part.get("seen", []) for part in row.result.get("components", [])}
    sha = row.revision.sha if row.revision else None
    of_all = {"object": row.repo.name, "kind": row.repo.kind, "revision": sha, "rubric": row.rubric}
    found = []
    for finding in row.findings:
        grades = seen.get(finding["name"], [])
        for place, evidence in enumerate(finding["evidence"]):
            known = grades[place] if place < len(grades) else {"grade": finding["tier"], "path": None}
            criterion = {"criterion": finding["id"], "name": finding["name"], "reader": row.reader}
            found.append({**of_all, **criterion, **known, **evidence})
    return found


def differences(old: Assessment, new: Assessment) -> dict:
    """What became of every criterion between two assessments by one rubric.

    Lines are left out of the comparison: what only moved in the card has not changed. `same_rules` tells whether the
    repository changed, or the rubric or reader that looked at it.
    """
    before, after = ({f["id"]: f for f in row.findings} for row in (old, new))
    ids = [*before, *(i for i in after if i not in before)]
    changes = [change for i in ids if (change := _change(i, before.get(i), after.get(i)))]
    return {
        "old": _head(old),
        "new": _head(new),
        "same_rules": (old.rubric, old.reader) == (new.rubric, new.reader),
        "changes": changes,
    }


def _head(row: Assessment) -> dict:
    return {
        "number": row.pk,
        "rubric": row.rubric,
        "reader": row.reader,
        "revision": row.revision.sha if row.revision else None,
        "label": row.label,
        "score": row.score,
        "as_of": row.assessed_at,
    }


def _change(criterion: str, old: dict | None, new: dict | None) -> dict | None:
    said = [{_words(e): e for e in (finding or {}).get("evidence", [])} for finding in (old, new)]
    gone = [e for words, e in said[0].items() if words not in said[1]]
    came = [e for words, e in said[1].items() if words not in said[0]]
    judged = [{key: f[key] for key in ("tier", "value", "weight")} if f else None for f in (old, new)]
    if judged[0] == judged[1] and not gone and not came:
        return None
    name = (new or old or {})["name"]
    return {
        "criterion": criterion,
        "name": name,
        "old": judged[0],
        "new": judged[1],
        "evidence_gone": gone,
        "evidence_new": came,
    }


def _words(evidence: dict) -> tuple:
    return evidence["field"], evidence["quote"], evidence["inherited"]
