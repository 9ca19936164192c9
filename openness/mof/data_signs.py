"""What a repository shows of its data: datasets under their own licences, data cards, evaluation data."""

from __future__ import annotations

from collections.abc import Iterator

from openness.mof.card_signs import DATA_LEAST
from openness.mof.prose import Line, plain, says_something, substance, under
from openness.mof.rubric import word
from openness.mof.signs import Sign, View, of_field, of_line, sign
from openness.named_repos import evaluation_datasets
from openness.state import LinkedRepo

MOST_OF_A_LINE = 2000  # characters that are searched
FEW_WORDS = 7  # of a field on the training data; fewer only name it
NAMED = 10  # repositories named in one piece of evidence


def data_signs(view: View) -> Iterator[Sign]:
    """Datasets, data card and evaluation data."""
    datasets = view.linked("dataset")
    if datasets:
        yield _datasets(view, datasets)
    yield from _data_card(view, datasets)
    yield from _evaluation_data(view)


def is_public(repo: LinkedRepo) -> bool:
    return repo.mirrored and repo.gated in ("no", None)


def joint_licence(repos: list[LinkedRepo]) -> str:
    """All licences of several repositories as one expression; "" where one states none, "unknown" where one is unread.

    >>> one, two = (LinkedRepo("dataset", "a", True, licence=l) for l in ("mit", "cc-by-4.0"))
    >>> joint_licence([one, two])
    '(cc-by-4.0) AND (mit)'
    """
    if not all(repo.mirrored for repo in repos):
        return "unknown"
    licences = sorted({repo.licence for repo in repos})
    if "" in licences:
        return ""
    return licences[0] if len(licences) == 1 else " AND ".join(f"({licence})" for licence in licences)


def _datasets(view: View, datasets: list[LinkedRepo]) -> Sign:
    """The datasets that the card names. Listed is not all that was used, so the note says what remains open."""
    names = ", ".join(repo.name for repo in datasets[:NAMED])
    unresolved = [repo.name for repo in datasets if not is_public(repo)]
    hollow = [repo.name for repo in datasets if is_public(repo) and repo.has_data_files is False]
    notes = [f"without a file of data: {', '.join(hollow[:NAMED])}"] if hollow else []
    if unresolved:
        notes.append(f"not public in the mirror: {', '.join(unresolved[:NAMED])}")
    if view.linked("model"):
        notes.append("the data of the base model is not among them")
    return sign(
        "datasets",
        "C" if unresolved or hollow else "B",
        of_field(view, "datasets", names),
        licence=joint_licence(datasets),
        licence_from="each dataset's own card",
        note="; ".join(notes),
    )


def _data_card(view: View, datasets: list[LinkedRepo]) -> Iterator[Sign]:
    described = [repo for repo in datasets if is_public(repo) and repo.has_card]
    if datasets and len(described) == len(datasets):
        names = ", ".join(repo.name for repo in described[:NAMED])
        own = {"licence": joint_licence(described), "licence_from": "the dataset's own card"}
        yield sign("data-card", "B", of_field(view, "datasets", names), **own)
    section = under(view.lines, word("data_heading"), word("not_data_heading"))
    said = [line for line in section if says_something(line)]
    if said:
        enough = substance(section) >= DATA_LEAST
        note = "" if enough else "a line or two about the data"
        yield sign("data-card", "B" if enough else "C", of_line(said[0]), note=note)
    if told := _described(view):
        enough = sum(len(plain(line.text)) for line in told) >= DATA_LEAST
        yield sign(
            "data-card", "B" if enough else "C", of_line(told[0]), note="" if enough else "a few words on the data"
        )


def _described(view: View) -> list[Line]:
    """Sentences outside any section on data that say what, or how much, it was trained on."""
    told = []
    for line in view.lines:
        text = plain(line.text[:MOST_OF_A_LINE])
        if line.kind == "prose" and says_something(line) and not word("results_heading").search(line.section):
            amounts = word("data_subject").search(text) and word("data_amount").search(text)
            if amounts or (word("data_label").search(text) and len(text.split()) >= FEW_WORDS):
                told.append(line)
    return told


def _evaluation_data(view: View) -> Iterator[Sign]:
    """Datasets that the results were measured on: all must resolve; their licences are not the model's."""
    names = [name for _, name in evaluation_datasets(view.metadata, view.state.small_files)]
    if not names:
        return
    known = {repo.name.lower(): repo for repo in (*view.linked("dataset"), *view.state.evaluated_on)}
    named = [known.get(name.lower()) or LinkedRepo("dataset", name, mirrored=False) for name in names]
    resolved = all(is_public(repo) and repo.has_data_files is not False for repo in named)
    in_header = "model-index" in view.metadata
    yield sign(
        "evaluation-data",
        "B" if resolved else "C",
        of_field(view, "model-index" if in_header else ".eval_results", ", ".join(r.name for r in named[:NAMED])),
        licence=joint_licence(named) if resolved else "unknown",
        licence_from="each dataset's own card",
        note="" if resolved else "named, but not in the mirror, gated or without files",
    )
