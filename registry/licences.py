"""What a licence statement means: which licences, whether they are open, for what, and with which obligations.

Unknown, refused and "open, version not stated" are three answers, told apart in `verdict`; `open` is None for all
that is neither plainly open nor plainly not.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache

from registry.licence_expressions import Compound, ExpressionProblem, Node, Term, parse, terms
from registry.licence_table import Licence, exceptions, find, find_link, licences, plain, spdx_rows, table

__all__ = [
    "HUB_LICENCE_IDS",
    "Licence",
    "LicenceReading",
    "find",
    "find_link",
    "is_absence",
    "licences",
    "read_declared",
    "read_licence",
    "spdx_rows",
]

HUB_LICENCE_IDS: frozenset[str] = frozenset(table()["hub"])
BEST_FIRST = ("open", "versionless", "unknown", "refused")
WORST_FIRST = ("refused", "unknown", "versionless", "open")
MOST_LISTED = 50


@dataclass(frozen=True)
class LicenceReading:
    """One statement of a licence, understood. `None` for `open` is "cannot be told", never "no"."""

    ids: tuple[str, ...] = ()  # canonical where known, else as written
    expression: str = ""  # SPDX syntax over `ids`
    verdict: str = "unstated"  # open, versionless, refused, unknown, unstated
    known: bool = False  # every licence of it is in our table and names one
    problem: str = ""
    flags: dict[str, str] = field(default_factory=dict, compare=False)  # obligation -> where the licence says so
    node: Node | None = field(default=None, compare=False, repr=False)

    @property
    def open(self) -> bool | None:
        return {"open": True, "refused": False}.get(self.verdict)

    @property
    def needs_review(self) -> bool:
        """A family of open licences without its version: probably open, but nobody can say under which terms."""
        return self.verdict == "versionless"

    def type_ok(self, content_type: str) -> bool:
        """Was it written for `content_type` (code, data, document)? OR: one of them was; AND: each was."""
        return self.node is not None and _type_ok(self.node, content_type)

    def suits(self, content_type: str) -> bool:
        """Open and written for `content_type`, both by the same choice among alternatives."""
        return self.node is not None and _suits(self.node, content_type)


def read_licence(value: object) -> LicenceReading:
    """Read what a card, a record or a file states as its licence: an id, a name, an expression, a list, or nothing.

    A list is read as "all of these apply". Nothing stated is no problem; what cannot be read is.

    >>> read_licence("apache 2.0").expression, read_licence("apache 2.0").open
    ('Apache-2.0', True)
    >>> read_licence("gpl").open, read_licence("gpl").verdict, read_licence("llama3").open
    (None, 'versionless', False)
    """
    if value is None or value == [] or (isinstance(value, str) and not value.strip()):
        return LicenceReading()
    if isinstance(value, str):
        return _read_text(value)
    if isinstance(value, list | tuple):
        return _read_list(list(value))
    return LicenceReading(verdict="unknown", problem=f"the licence is not text but {type(value).__name__}")


def read_declared(metadata: dict | None) -> LicenceReading:
    """Read `license` of a header and, where that names none ("other"), `license_name` and then `license_link`."""
    metadata = metadata or {}
    reading = read_licence(metadata.get("license"))
    if reading.known or reading.problem:
        return reading
    for named in (read_licence(metadata.get("license_name")), _read_link(metadata.get("license_link"))):
        if named.known:
            return named
    return reading


def is_absence(text: str) -> bool:
    """Does a licence field say that the component itself is not there ("Component not included")?"""
    return len(text) <= 80 and plain(text) in {plain(spelling) for spelling in table()["absent"]["spellings"]}


def _read_link(value: object) -> LicenceReading:
    licence = find_link(value) if isinstance(value, str) else None
    return _reading(Term(licence.id, licence)) if licence else LicenceReading()


@lru_cache(maxsize=4096)
def _read_text(text: str) -> LicenceReading:
    try:
        return _reading(parse(text))
    except ExpressionProblem as problem:
        return LicenceReading(verdict="unknown", problem=str(problem))


def _read_list(values: list) -> LicenceReading:
    if len(values) > MOST_LISTED:
        return LicenceReading(verdict="unknown", problem=f"a list of {len(values)} licences is too long to read")
    readings = [read_licence(value) for value in values]
    if problems := [reading.problem for reading in readings if reading.problem]:
        return LicenceReading(verdict="unknown", problem=problems[0])
    nodes = tuple(dict.fromkeys(reading.node for reading in readings if reading.node))
    if not nodes:
        return LicenceReading()
    return _reading(nodes[0] if len(nodes) == 1 else Compound("AND", nodes))


def _reading(node: Node) -> LicenceReading:
    found = terms(node)
    return LicenceReading(
        ids=tuple(dict.fromkeys(term.licence.id if term.licence else term.written for term in found)),
        expression=str(node),
        verdict=_verdict(node),
        known=all(term.licence and not term.licence.states_nothing and _exception_known(term) for term in found),
        flags=_flags(node),
        node=node,
    )


def _exception_known(term: Term) -> bool:
    return not term.exception or term.exception.lower() in exceptions()


def _verdict(node: Node) -> str:
    if isinstance(node, Term):
        return node.licence.verdict if node.licence and _exception_known(node) else "unknown"
    order = BEST_FIRST if node.operator == "OR" else WORST_FIRST
    return min((_verdict(part) for part in node.parts), key=order.index)


def _flags(node: Node) -> dict[str, str]:
    """Obligations: of AND all of them; of OR those of the most open choice, then of the one with the fewest."""
    if isinstance(node, Term):
        return dict(node.licence.flags) if node.licence else {}
    if node.operator == "OR":
        return min(((BEST_FIRST.index(_verdict(p)), len(_flags(p)), i, _flags(p)) for i, p in enumerate(node.parts)))[3]
    joined: dict[str, str] = {}
    for part in node.parts:
        joined = {**_flags(part), **joined}
    return joined


def _type_ok(node: Node, content_type: str) -> bool:
    if isinstance(node, Term):
        return node.licence is not None and content_type in node.licence.types
    join = any if node.operator == "OR" else all
    return join(_type_ok(part, content_type) for part in node.parts)


def _suits(node: Node, content_type: str) -> bool:
    if isinstance(node, Term):
        return _verdict(node) == "open" and _type_ok(node, content_type)
    join = any if node.operator == "OR" else all
    return join(_suits(part, content_type) for part in node.parts)
