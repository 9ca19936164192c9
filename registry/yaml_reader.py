"""Reads YAML that strangers wrote: bounded, nothing executed, typed by the core schema of YAML 1.2, JSON in the end.

The value is built in one pass over libyaml's events, without recursion, so that no text can exhaust the stack.
Refused are anchors, aliases and merge keys (no real card header uses them, and a few lines of them unfold to
gigabytes; files of tools do, and are unfolded up to a bound), directives (libyaml compares each with all before it),
tags beyond the core schema, and keys that stand twice (the Hub refuses those too; others silently keep the last).
"""

from __future__ import annotations

import math
import re
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field

import yaml

SIZE_MOST = 1 << 20  # characters; the largest real header has 973,000
DEPTH_MOST = 32
EVENTS_MOST = 300_000
UNFOLDED_MOST = 20_000  # values that aliases may add
DIGITS_MOST = 300  # of an integer; longer ones stay text, since no float and few databases hold them

CORE_TAGS = {f"tag:yaml.org,2002:{name}" for name in ("null", "bool", "int", "float", "str", "seq", "map")} | {"!"}
WORDS = {"": None, "~": None} | {
    spelling: value
    for word, value in (("null", None), ("true", True), ("false", False))
    for spelling in (word, word.title(), word.upper())
}
INTEGER = re.compile(r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+")
FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")
DIRECTIVE = re.compile("(?:^|[\n\r\x85\u2028\u2029\ufeff])%")
UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
MERGE_KEY = "<<"
REPLACEMENT = "\N{REPLACEMENT CHARACTER}"


class YamlProblem(ValueError):
    """Why a text is not read as YAML. `line` counts from 1; None where no one line is to blame."""

    def __init__(self, reason: str, line: int | None = None):
        super().__init__(reason if line is None else f"line {line}: {reason}")
        self.reason, self.line = reason, line


def load_yaml(text: str, *, unfold: bool = False) -> object:
    """The value of one YAML document, free of what JSON and databases refuse (NaN, NUL, dates, keys but text).

    `unfold`: read anchors, aliases and merge keys, each alias as a copy, within UNFOLDED_MOST and DEPTH_MOST.
    Raises `YamlProblem`, and nothing else, for a text that is not YAML or not acceptable.

    >>> load_yaml("language: no\\nlicense: [mit]\\nversion: 3.10\\nscore: .nan")
    {'language': 'no', 'license': ['mit'], 'version': '3.10', 'score': '.nan'}
    """
    return load_with_lines(text, unfold=unfold)[0]


def load_with_lines(text: str, *, unfold: bool = False) -> tuple[object, dict[str, int]]:
    """The value, and the line (from 1) of each of its keys when it is a mapping; raises as `load_yaml`."""
    if len(text) > SIZE_MOST:
        raise YamlProblem(f"it has {len(text):,} characters; at most {SIZE_MOST:,} are read")
    if match := DIRECTIVE.search(text):
        raise YamlProblem("directives (a line that begins with %) are not read", text.count("\n", 0, match.end()) + 1)
    try:
        return _Builder(text, unfold).document()
    except YamlProblem:
        raise
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise YamlProblem(_sentence(error), mark.line + 1 if mark else None) from None
    except yaml.reader.ReaderError as error:
        raise YamlProblem(f"a character that YAML does not allow (code {error.character!r})") from None
    except (yaml.YAMLError, ValueError, RecursionError, MemoryError) as error:
        raise YamlProblem(f"it cannot be read ({type(error).__name__})") from None


def _sentence(error: yaml.MarkedYAMLError) -> str:
    return " ".join(part for part in (error.context, error.problem) if part)[:300] or "it is not YAML"


@dataclass
class _Frame:
    """A mapping or a sequence that is being read."""

    value: dict | list
    key: str | None = None
    lines: dict[str, int] = field(default_factory=dict)
    anchor: str | None = None

    def wants_key(self) -> bool:
        return isinstance(self.value, dict) and self.key is None

    def add(self, value: object) -> None:
        if isinstance(self.value, list):
            self.value.append(value)
        else:
            self.value[self.key] = value
            self.key = None


class _Builder:
    """Builds one document's value from its events."""

    def __init__(self, text: str, unfold: bool = False):
        self.text, self.unfold = text, unfold
        self.anchors: dict[str, object] = {}
        self.unfolded = 0
        self.line_starts = [0, *(match.end() for match in re.finditer("\n", text))]
        self.frames: list[_Frame] = []
        self.documents = 0

    def document(self) -> tuple[object, dict[str, int]]:
        root = _Frame([])
        self.frames = [root]
        for event in self.events():
            self.take(event)
        if not root.value:
            return None, {}
        return root.value[0], root.lines

    def events(self) -> Iterator[yaml.Event]:
        for count, event in enumerate(yaml.parse(self.text, Loader=yaml.CSafeLoader)):
            if count >= EVENTS_MOST:
                raise YamlProblem(f"it has more than {EVENTS_MOST:,} parts")
            yield event

    def line(self, event: yaml.Event) -> int:
        """The event's line. libyaml counts more kinds of line end than an editor shows, so its own is not used."""
        return bisect_right(self.line_starts, event.start_mark.index)

    def take(self, event: yaml.Event) -> None:
        kind = type(event)
        if kind is yaml.ScalarEvent:
            self.refuse_extras(event)
            self.scalar(event)
        elif kind in (yaml.MappingStartEvent, yaml.SequenceStartEvent):
            self.refuse_extras(event)
            self.open(event, {} if kind is yaml.MappingStartEvent else [])
            self.frames[-1].anchor = event.anchor
        elif kind in (yaml.MappingEndEvent, yaml.SequenceEndEvent):
            self.close()
        elif kind is yaml.AliasEvent:
            self.alias(event)
        elif kind is yaml.DocumentStartEvent:
            self.documents += 1
            if self.documents > 1:
                raise YamlProblem("a second document begins", self.line(event))

    def refuse_extras(self, event: yaml.NodeEvent) -> None:
        if event.anchor is not None and not self.unfold:
            raise YamlProblem("anchors (&name) are not read", self.line(event))
        if event.tag is not None and event.tag not in CORE_TAGS:
            raise YamlProblem(f"the tag {event.tag[:100]!r} is not read", self.line(event))

    def open(self, event: yaml.NodeEvent, value: dict | list) -> None:
        if len(self.frames) > DEPTH_MOST:
            raise YamlProblem(f"it is nested deeper than {DEPTH_MOST} levels", self.line(event))
        if self.frames[-1].wants_key():
            raise YamlProblem("a key is a list or a mapping, not text", self.line(event))
        self.frames.append(_Frame(value))

    def close(self) -> None:
        frame = self.frames.pop()
        if self.unfold and MERGE_KEY in frame.lines:
            frame.value = self.merged(frame)
        if frame.anchor is not None:
            self.anchors[frame.anchor] = frame.value
        self.frames[-1].add(frame.value)
        if len(self.frames) == 1:
            self.frames[0].lines = frame.lines

    def scalar(self, event: yaml.ScalarEvent) -> None:
        frame = self.frames[-1]
        if frame.wants_key():
            frame.key = self.new_key(event, frame)
        else:
            frame.add(value := _typed(event, frame.key))
            if event.anchor is not None:
                self.anchors[event.anchor] = value

    def alias(self, event: yaml.AliasEvent) -> None:
        """Put a copy of what its anchor names in the alias' place; an anchor that is still open names nothing yet."""
        if not self.unfold:
            raise YamlProblem("aliases (*name) are not read", self.line(event))
        if event.anchor not in self.anchors:
            raise YamlProblem(f"the alias *{event.anchor[:100]} names nothing above it", self.line(event))
        if self.frames[-1].wants_key():
            raise YamlProblem("a key is an alias, not text", self.line(event))
        self.frames[-1].add(self.copied(self.anchors[event.anchor], len(self.frames), event))

    def copied(self, value: object, depth: int, event: yaml.AliasEvent) -> object:
        """A copy of a value that stands `depth` deep, counted."""
        self.unfolded += 1
        if self.unfolded > UNFOLDED_MOST:
            raise YamlProblem(f"its aliases add more than {UNFOLDED_MOST:,} values", self.line(event))
        if not isinstance(value, dict | list):
            return value
        if depth > DEPTH_MOST:
            raise YamlProblem(f"it is nested deeper than {DEPTH_MOST} levels", self.line(event))
        if isinstance(value, dict):
            return {key: self.copied(each, depth + 1, event) for key, each in value.items()}
        return [self.copied(each, depth + 1, event) for each in value]

    def merged(self, frame: _Frame) -> dict:
        """A mapping with the keys of those under its merge key, of which its own keys and the first named win."""
        under = frame.value.pop(MERGE_KEY)
        sources = under if isinstance(under, list) else [under]
        if not all(isinstance(each, dict) for each in sources):
            raise YamlProblem("a merge key (<<) holds no mapping", frame.lines[MERGE_KEY])
        found: dict = {}
        for each in sources:
            found |= {key: value for key, value in each.items() if key not in found}
        return found | frame.value

    def new_key(self, event: yaml.ScalarEvent, frame: _Frame) -> str:
        key, line = _clean(event.value), self.line(event)
        if key == MERGE_KEY and not event.style and not self.unfold:
            raise YamlProblem("merge keys (<<) are not read", line)
        if key in frame.lines:
            raise YamlProblem(f"the key {key[:100]!r} stands twice", line)
        frame.lines[key] = line
        return key


def _typed(event: yaml.ScalarEvent, key: str | None) -> object:
    """A scalar by the core schema. Quoted ones are text, and so are versions: `3.10` is not 3.1."""
    tag = (event.tag or "").rpartition(":")[2]
    if tag in ("str", "!") or (event.style and not tag):
        return _clean(event.value)
    value = _plain(event.value)
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if is_number and not tag and key is not None and (key == "version" or key.endswith("_version")):
        return event.value
    return value


def _plain(text: str) -> object:
    """The value of an unquoted scalar.

    >>> [_plain(text) for text in ("yes", "0o17", "010", "1:30", "2020-13-45", "1_000", "1e3", "1e999", "~")]
    ['yes', 15, 10, '1:30', '2020-13-45', '1_000', 1000.0, '1e999', None]
    """
    if text in WORDS:
        return WORDS[text]
    if text[0] in "+-.0123456789":
        if INTEGER.fullmatch(text):
            return int(text, 0 if text[:2] in ("0o", "0x") else 10) if len(text) <= DIGITS_MOST else text
        if FLOAT.fullmatch(text):
            number = float(text)
            return number if math.isfinite(number) else text
    return _clean(text)


def _clean(text: str) -> str:
    """`text` without the two characters that JSON columns refuse; an escape in quotes can write them."""
    return UNSTORABLE.sub(REPLACEMENT, text)
