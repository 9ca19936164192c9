"""Reads one large JSON text piece by piece: the members of an object, the elements of an array, each bounded."""

from __future__ import annotations

import codecs
import json
import re
from collections.abc import Iterator
from typing import BinaryIO

from lineage.importers.bounds import BOM, DECODER
from lineage.outcomes import BadOutcomes

CHUNK_BYTES = 1 << 20
MAX_VALUE_CHARACTERS = 64 << 20
SPACE = re.compile(r"[ \t\r\n]*")
SCALAR_END = re.compile(r"[,\]} \t\r\n]")


class JsonStream:
    """A cursor over one JSON text. Raises BadOutcomes where it is not JSON, or a value is too large or too deep."""

    def __init__(self, stream: BinaryIO, decoder: json.JSONDecoder = DECODER):
        self.stream, self.decoder = stream, decoder
        self.decode = codecs.getincrementaldecoder("utf8")().decode
        self.text, self.place, self.at_end = "", 0, False
        self.more(BOM)

    def more(self, skip: bytes = b"") -> bool:
        """Read another chunk behind what is left; False at the end of the stream."""
        if self.at_end:
            return False
        chunk = self.stream.read(max(CHUNK_BYTES, len(self.text) - self.place))
        try:
            fresh = self.decode(chunk.removeprefix(skip), final=not chunk)
        except UnicodeDecodeError:
            raise BadOutcomes("it is not UTF-8") from None
        self.at_end = not chunk
        self.text, self.place = self.text[self.place :] + fresh, 0
        return not self.at_end

    def peek(self) -> str:
        """The next character that is no white space; "" at the end."""
        while True:
            self.place = SPACE.match(self.text, self.place).end()
            if self.place < len(self.text):
                return self.text[self.place]
            if not self.more():
                return ""

    def expect(self, characters: str) -> str:
        """Step over the next character, which must be one of `characters`."""
        found = self.peek()
        if not found or found not in characters:
            raise BadOutcomes("it is not JSON" if found else "it is not whole JSON: it ends too early")
        self.place += 1
        return found

    def value(self) -> object:
        """The next value, whole."""
        is_scalar = self.peek() not in ('"', "{", "[")
        while True:
            if len(self.text) - self.place > MAX_VALUE_CHARACTERS:
                raise BadOutcomes(f"it holds a value of more than {MAX_VALUE_CHARACTERS >> 20} million characters")
            may_be_cut = is_scalar and not self.at_end and not SCALAR_END.search(self.text, self.place)
            if not may_be_cut and (found := self.parsed()):
                return found[0]
            self.more()

    def parsed(self) -> tuple[object] | None:
        """The value that begins here; None where the text read so far does not hold it whole."""
        try:
            found, self.place = self.decoder.raw_decode(self.text, self.place)
        except RecursionError:
            raise BadOutcomes("it is nested too deeply") from None
        except BadOutcomes as problem:
            raise BadOutcomes(f"it {problem}") from None
        except ValueError:
            if self.at_end:
                raise BadOutcomes("it is not JSON, or ends too early") from None
            return None
        return (found,)

    def elements(self) -> Iterator[dict]:
        """The objects of the array that begins here; raises BadOutcomes where an element is none."""
        self.expect("[")
        if self.peek() == "]":
            self.place += 1
            return
        number = 0
        while True:
            number += 1
            if self.peek() != "{":
                raise BadOutcomes(f"element {number} is not a JSON object")
            yield self.value()
            if self.expect(",]") == "]":
                return

    def member_names(self) -> Iterator[str]:
        """The names in the object that begins here; the caller reads each value before it asks for the next name."""
        self.expect("{")
        if self.peek() == "}":
            self.place += 1
            return
        while True:
            if self.peek() != '"':
                raise BadOutcomes("it is not JSON")
            name = self.value()
            self.expect(":")
            yield name
            if self.expect(",}") == "}":
                return
