"""SPDX licence expressions, read within bounds: OR, AND, WITH and parentheses over spellings of licences."""

from __future__ import annotations

import re
from dataclasses import dataclass

from registry.licence_table import Licence, exceptions, find

MOST_CHARACTERS = 2000
MOST_DEPTH = 20
MOST_PARTS = 200
OPERATORS = {"or", "and", "with", "(", ")"}
WORDS = re.compile(r"(\(|\)|(?<![\w.+-])(?:AND|OR|WITH|and|or|with)(?![\w.+-]))")


class ExpressionProblem(ValueError):
    """The text is no licence expression that we read; the message is one sentence."""


@dataclass(frozen=True)
class Term:
    """One licence as it was written, with the exception that stands behind WITH."""

    written: str
    licence: Licence | None
    exception: str = ""

    def __str__(self) -> str:
        name = self.licence.id if self.licence else self.written
        return f"{name} WITH {self.exception}" if self.exception else name


@dataclass(frozen=True)
class Compound:
    """Licences of which one may be chosen (OR) or which all apply (AND)."""

    operator: str
    parts: tuple[Term | Compound, ...]

    def __str__(self) -> str:
        return f" {self.operator} ".join(f"({p})" if isinstance(p, Compound) else str(p) for p in self.parts)


Node = Term | Compound


def terms(node: Node) -> list[Term]:
    """The licences of an expression from left to right."""
    return [node] if isinstance(node, Term) else [term for part in node.parts for term in terms(part)]


def parse(text: str) -> Node:
    """Read an expression. WITH binds closer than AND, AND closer than OR.

    >>> str(parse("mit or (apache 2.0 and cc-by-4.0)"))
    'MIT OR (Apache-2.0 AND CC-BY-4.0)'

    Raises ExpressionProblem where it is too long, too deep or does not read as an expression.
    """
    if len(text) > MOST_CHARACTERS:
        raise ExpressionProblem(f"a licence of {len(text)} characters is too long to read")
    if node := _whole(text):
        return node
    tokens = [token.strip() for token in WORDS.split(text) if token.strip()]
    if len(tokens) > MOST_PARTS:
        raise ExpressionProblem(f"a licence expression of {len(tokens)} parts is too long to read")
    return _Reader(tokens).read()


def _whole(text: str) -> Node | None:
    """One licence with operators in its name ("GPL v2 or later"), or a list by slash (a choice) or comma (all)."""
    if doubled := re.fullmatch(r"([^()]+)\(([^()]+)\)\s*", text):  # "MIT License (MIT)"
        outer, inner = find(doubled[1]), find(doubled[2])
        return Term(doubled[1].strip(), outer) if outer and outer == inner else None
    if "(" in text or ")" in text:
        return None
    if licence := find(text):
        return Term(text.strip(), licence)
    for operator, separator in (("OR", "/"), ("AND", r"[,;&]")):
        pieces = [piece.strip() for piece in re.split(separator, text)]
        found = [find(piece) for piece in pieces]
        if 1 < len(pieces) <= MOST_PARTS and all(found):
            return Compound(operator, tuple(Term(p, licence) for p, licence in zip(pieces, found, strict=True)))
    return None


class _Reader:
    def __init__(self, tokens: list[str]):
        self.tokens, self.at = tokens, 0

    def read(self) -> Node:
        node = self._joined("or", 0)
        if self.at < len(self.tokens):
            raise ExpressionProblem("the licence expression has a parenthesis or an operator too many")
        return node

    def _peek(self) -> str:
        return self.tokens[self.at].lower() if self.at < len(self.tokens) else ""

    def _joined(self, operator: str, depth: int) -> Node:
        def next_part() -> Node:
            return self._joined("and", depth) if operator == "or" else self._term(depth)

        parts = [next_part()]
        while self._peek() == operator:
            self.at += 1
            parts.append(next_part())
        return parts[0] if len(parts) == 1 else Compound(operator.upper(), tuple(parts))

    def _term(self, depth: int) -> Node:
        if depth > MOST_DEPTH:
            raise ExpressionProblem(f"the licence expression is nested deeper than {MOST_DEPTH} levels")
        if self._peek() == "(":
            self.at += 1
            node = self._joined("or", depth + 1)
            if self._peek() != ")":
                raise ExpressionProblem("the licence expression lacks a closing parenthesis")
            self.at += 1
            return node
        return self._licence()

    def _licence(self) -> Term:
        written = self._word()
        exception = ""
        if self._peek() == "with":
            self.at += 1
            exception = self._word()
        return Term(written, find(written), exceptions().get(exception.lower(), exception))

    def _word(self) -> str:
        if not self._peek() or self._peek() in OPERATORS:
            raise ExpressionProblem("the licence expression lacks a licence beside an operator")
        self.at += 1
        return self.tokens[self.at - 1]
