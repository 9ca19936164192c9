"""Where in a file a word stands, for the evidence of a claim."""

from __future__ import annotations

from dataclasses import dataclass, field

LINES_MOST = 50_000  # of one file; what stands further down is quoted without its line


NAME_CHARACTERS = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-/")


def holds(line: str, word: str) -> bool:
    """Does `line` hold `word` as a whole, and not as a part of a longer name?

    >>> holds("- acme/tiny-it", "acme/tiny"), holds("- acme/tiny@v1", "acme/tiny")
    (False, True)
    """
    at = line.find(word)
    while at >= 0:
        around = {line[at - 1 : at], line[at + len(word) : at + len(word) + 1]}
        if not around & NAME_CHARACTERS:
            return True
        at = line.find(word, at + 1)
    return False


@dataclass(frozen=True)
class Place:
    """The lines of one file, or of a part of it that begins at line `first`."""

    file: str = ""
    lines: tuple[str, ...] = ()
    first: int = 1
    fields: dict[str, tuple[int, int]] = field(default_factory=dict)  # top-level field of a header -> its lines

    @classmethod
    def of(cls, file: str, text: str, *, first: int = 1, fields: dict | None = None) -> Place:
        return cls(file, tuple(text.split("\n", LINES_MOST)[:LINES_MOST]), first, fields or {})

    def line(self, number: int) -> str:
        """The text of line `number` of the file; empty outside this part."""
        index = number - self.first
        return self.lines[index] if 0 <= index < len(self.lines) else ""

    def find(self, word: str, within: tuple[int, int] | None = None) -> tuple[int, int] | None:
        """The first line that holds `word`, looked for in the given lines; those lines themselves when none does."""
        first, last = within or (self.first, self.first + len(self.lines) - 1)
        for number in range(first, last + 1):
            if holds(self.line(number), word):
                return number, number
        return within

    def find_both(self, key: str, word: str) -> tuple[int, int] | None:
        """The last line that holds both `key` and `word`; None where none does."""
        for index in range(len(self.lines) - 1, -1, -1):
            if key in self.lines[index] and holds(self.lines[index], word):
                return self.first + index, self.first + index
        return None

    def find_in_field(self, word: str, name: str) -> tuple[int, int] | None:
        """The line of a header's field that holds `word`, or the whole field's; None where the field has no lines."""
        return self.find(word, within) if (within := self.fields.get(name)) else None
