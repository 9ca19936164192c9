"""Decides from all claims and from what a repository holds who its parents are and how it comes from each.

Three answers stay side by side for every parent: what the card declares, what the Hub inferred, and our own reading.
Where they differ, the difference is said in words; nothing is dropped.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from lineage.claims import MODEL, ClaimRecord
from lineage.contradictions import contradictions
from lineage.forms import Form, adapter_form, changed_form, converted_form, merge_form, quantized_form
from lineage.groups import INHERITED, MADE_FROM, Evidence, Group, Parent, grouped

ROLE_ORDER = ("base", "moe_trunk", "expert", "moe_expert", "moe_shared_expert", "lora", "tokenizer_source")
SPECIFIC = ("distilled", "pruned", "edited", "copied")
PORTS = ("quantized", "converted")
BESIDES = ("trained_on", "new_version", "tokenizer_source")  # relations that say nothing of what the whole is


@dataclass(frozen=True)
class Verdict:
    """What all evidence about one repository's origin comes to."""

    relation: str  # our kind, `base`, or `unknown`
    parents: tuple[Parent, ...] = ()
    unbound: tuple[ClaimRecord, ...] = ()  # claims that make no relation: of ancestors further up, or too weak
    contradictions: tuple[str, ...] = ()


def decide(evidence: Evidence) -> Verdict:
    """The parents of a repository and how it comes from each.

    >>> from lineage.claims import Reading
    >>> from lineage.forms import Holdings
    >>> claim = ClaimRecord("acme/tiny", "card", field="base_model")
    >>> held = Holdings("me/tiny-lora", paths=("adapter_config.json", "adapter_model.safetensors"))
    >>> verdict = decide(Evidence("model", held, Reading((claim,))))
    >>> verdict.relation, verdict.parents[0].relation
    ('adapter', 'adapter')
    """
    groups = grouped(evidence.reading.claims)
    makers = [group for group in groups if group.family == MADE_FROM]
    others = [group for group in groups if group.family != MADE_FROM]
    form = form_of(evidence, makers)
    bound, inherited, unbound = direct_parents(makers, form)
    parents = [parent for group in bound for parent in as_parents(group, evidence, form)]
    parents += [replace(as_parent(group, form.kind), role=INHERITED) for group in inherited]
    parents += [as_parent(group, group.family) for group in others]
    return Verdict(
        relation=own_relation(evidence, parents, form),
        parents=tuple(parents),
        unbound=tuple(claim for group in unbound for claim in group.claims),
        contradictions=contradictions(evidence, parents, (bound, inherited), form),
    )


def form_of(evidence: Evidence, makers: Sequence[Group]) -> Form:
    """The first kind that the holdings show, the most telling first."""
    if evidence.kind != MODEL:
        return Form()
    held = evidence.held
    named = [group.name for group in makers if not group.is_weak]
    quantized_in_prose = any("quantized" in group.prose_relations for group in makers)
    return (
        adapter_form(held)
        or quantized_form(held, named)
        or (Form("quantized", "its card says so") if quantized_in_prose and not held.was_trained else Form())
        or merge_form(held, len(named), len(evidence.reading.recipes))
        or converted_form(held, named)
        or changed_form(held, named)
    )


def direct_parents(makers: Sequence[Group], form: Form) -> tuple[list[Group], list[Group], list[Group]]:
    """Groups that are parents; groups that the header copied from the converted model; groups that are too weak.

    Quantizers copy the card of the model that they quantize, its base models included, and name that model itself only
    in a sentence: "quantized version of X", "original model: X".
    """
    strong = [group for group in makers if not group.is_weak]
    if form.kind in PORTS:
        sources = [group for group in makers if names_the_source(group)]
        if sources:
            rest = [group for group in makers if group not in sources]
            inherited = [group for group in rest if any(c.source in ("card", "tag", "hub") for c in group.claims)]
            return sources, inherited, [group for group in rest if group not in inherited]
        headed = [group for group in strong if any(claim.source != "prose" for claim in group.claims)]
        strong = headed or strong  # sentences of a copied card speak of the model that was converted
    if strong:
        return strong, [], [group for group in makers if group not in strong]
    hints = [
        group for group in makers if group.reference.name and any(c.field == "_name_or_path" for c in group.claims)
    ]
    return hints[:1], [], [group for group in makers if group not in hints[:1]]


def names_the_source(group: Group) -> bool:
    """Does a sentence or a GGUF header say that this very model was quantized or converted?"""
    return any(
        (claim.source == "prose" and (claim.relation in PORTS or claim.role == "original"))
        or (claim.source == "gguf" and claim.relation and claim.role != "parent_of_source")
        for claim in group.claims
    )


def as_parents(group: Group, evidence: Evidence, form: Form) -> list[Parent]:
    """The parent once for each role that a recipe gives it; claims without a role belong to the first."""
    roles = sorted({c.role for c in group.claims if c.source == "recipe"}, key=ROLE_ORDER.index)
    if len(roles) < 2 or form.kind not in ("merge", ""):
        return [as_parent(group, relation_to(group, evidence, form), roles[0] if roles else "")]
    main, *more = roles
    kept = [claim for claim in group.claims if claim.role not in more or claim.source != "recipe"]
    parents = [as_parent(replace(group, claims=tuple(kept)), relation_to(group, evidence, form), main)]
    for role in more:
        said = tuple(claim for claim in group.claims if claim.role == role and claim.source == "recipe")
        parents.append(as_parent(replace(group, claims=said), said[0].relation, role))
    return parents


def as_parent(group: Group, relation: str, role: str = "") -> Parent:
    roles = [claim.role for claim in group.claims if claim.role not in ("", "original")]
    return Parent(
        reference=group.reference,
        kind=group.kind,
        relation=relation,
        role=role or (roles[0] if roles else ""),
        declared_relation=group.said_by("card"),
        hub_relation=group.said_by("hub", "tag"),
        claims=group.claims,
    )


def relation_to(group: Group, evidence: Evidence, form: Form) -> str:
    """How the repository comes from one model: by its form, else by what is said of this parent, else a fine-tune."""
    in_recipe = group.said_by("recipe")
    if in_recipe and form.kind in ("merge", ""):
        return in_recipe
    if group.said_by("adapter_config") == "distilled":  # a compatibility adapter names the version whose side it takes
        return "distilled"
    if form.kind in ("adapter", "quantized", "merge"):
        return form.kind
    said = [relation for relation in SPECIFIC if relation in group.prose_relations]
    if said:
        return said[0]
    if form:
        return form.kind
    for word in (group.said_by("card"), group.said_by("hub", "tag"), group.said_by("gguf", "adapter_config")):
        if word and word != "finetune":
            return word
    if "converted" in group.prose_relations and not evidence.held.was_trained:
        return "converted"
    return "copied" if is_copy(group, evidence) else "finetune"


def is_copy(group: Group, evidence: Evidence) -> bool:
    """The same name under another owner, with weights, and no sign of training: a re-upload."""
    held = evidence.held
    own = held.basename.lower()
    name = group.name.rpartition("/")[2].lower()
    same = name in (own, own.removesuffix(f"-{held.owner}")) and held.name.lower() != group.name.lower()
    trained = held.was_trained or "finetune" in group.prose_relations or group.said_by("card") == "finetune"
    return same and bool(held.full_weights) and not trained


def own_relation(evidence: Evidence, parents: Sequence[Parent], form: Form) -> str:
    """The one word for the repository: of its first direct parent, else of its form, else `base` or `unknown`."""
    direct = [parent for parent in parents if parent.role != INHERITED and parent.relation not in BESIDES]
    if direct:
        return direct[0].relation
    if form:
        return form.kind
    return "base" if evidence.is_card_read else "unknown"
