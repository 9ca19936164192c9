"""Where the sources about one repository's origin speak against each other: one sentence each, in a fixed order."""

from __future__ import annotations

from collections.abc import Sequence

from lineage import signs
from lineage.claims import FROM_MODEL
from lineage.forms import Form
from lineage.groups import INHERITED, Evidence, Group, Parent

CONFIGURATIONS = ("adapter_config", "config", "training_config")


def contradictions(
    evidence: Evidence,
    parents: Sequence[Parent],
    groups: tuple[Sequence[Group], Sequence[Group]],
    form: Form,
) -> tuple[str, ...]:
    """What the sources say against each other. `groups` are the direct parents' and the inherited ones."""
    bound, inherited = groups
    said = [own_name(parent, evidence) for parent in parents]
    said += [differing(parent, form) for parent in parents if parent.role != INHERITED]
    said += [no_repository(group) for group in bound]
    said += [names_skipped(bound, inherited), unnamed_by_hub(bound), two_bases(bound), header_and_text(bound, form)]
    said += [tuned_by_name(evidence.held.basename, group, form) for group in bound]
    said += newer_and_older(parents)
    return tuple(dict.fromkeys(sentence for sentence in said if sentence))


def own_name(parent: Parent, evidence: Evidence) -> str:
    if parent.kind != evidence.kind or parent.reference.name.lower() not in evidence.own_names:
        return ""
    what = "its newer version" if parent.relation == "new_version" else "its own parent"
    return f"It names itself, {parent.reference.name}, as {what}."


def differing(parent: Parent, form: Form) -> str:
    """The declared or the Hub's word against ours, and why ours."""
    why = f": {form.because}" if form and form.kind == parent.relation else ""
    against = [
        f"{who} says {word}"
        for who, word in (("the card", parent.declared_relation), ("the Hub", parent.hub_relation))
        if word and word != parent.relation and parent.relation in ("copied", *FROM_MODEL)
    ]
    if not against:
        return ""
    sentence = f"{' and '.join(against)} of {parent.name}, but we read {parent.relation}{why}."
    return sentence[0].upper() + sentence[1:]


def no_repository(group: Group) -> str:
    claim = group.claims[0]
    return (
        f"{claim.field or claim.source} says {group.name!r}, {group.reference.problem}."
        if group.reference.problem
        else ""
    )


def names_skipped(bound: Sequence[Group], inherited: Sequence[Group]) -> str:
    if not inherited:
        return ""
    names = ", ".join(group.name for group in inherited[:5])
    return f"The header names {names}, but the text says that {bound[0].name} was converted; those are its ancestors."


def unnamed_by_hub(bound: Sequence[Group]) -> str:
    """The Hub emits one tag where a card lists several bases without the tag `merge`."""
    headed = [group for group in bound if any(claim.source == "card" for claim in group.claims)]
    tagged = [group for group in headed if any(claim.source in ("tag", "hub") for claim in group.claims)]
    if len(headed) < 2 or not tagged or len(tagged) == len(headed):
        return ""
    return f"The card names {len(headed)} base models, the Hub's tags only {len(tagged)} of them."


def two_bases(bound: Sequence[Group]) -> str:
    """A card and a configuration that name different bases for one adapter or one training."""
    cards = [group for group in bound if any(claim.source == "card" for claim in group.claims)]
    for group in bound:
        claim = next((claim for claim in group.claims if claim.source in CONFIGURATIONS), None)
        if cards and claim and group not in cards:
            return f"The card names {cards[0].name}, {claim.file or claim.field} names {group.name}."
    return ""


def header_and_text(bound: Sequence[Group], form: Form) -> str:
    """A sentence that names another origin than the header does: one of them was copied, or one is a teacher."""
    headed = [group for group in bound if any(claim.source == "card" for claim in group.claims)]
    told = [group for group in bound if group.prose_relations and group not in headed]
    if not headed or not told or form.kind in ("merge", "moe_expert"):  # a merge has both
        return ""
    return f"The header names {headed[0].name}, the text {told[0].name}."


def tuned_by_name(basename: str, group: Group, form: Form) -> str:
    """A conversion called after the tuned variant of the model that its header names: the header is that variant's."""
    if form.kind not in ("quantized", "converted"):
        return ""
    parent = group.name.rpartition("/")[2]
    at = len(owner) if basename.lower().startswith(owner := f"{group.name.partition('/')[0].lower()}-") else 0
    more = basename[at + len(parent) :] if basename[at:].lower().startswith(parent.lower()) else ""
    found = signs.TUNED_NAME.match(more)
    if not found:
        return ""
    return f"Its name says that {parent}{found.group(0)} was {form.kind}, the card names {group.name}."


def newer_and_older(parents: Sequence[Parent]) -> list[str]:
    """A model that is named as the origin and as the successor at once."""
    newer = {parent.key for parent in parents if parent.relation == "new_version"}
    return [
        f"It names {parent.name} both as what it was made from and as its newer version."
        for parent in parents
        if parent.relation != "new_version" and parent.key in newer
    ]
