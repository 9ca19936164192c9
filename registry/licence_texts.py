"""Which licence a LICENSE file holds, by fingerprints of our own making: phrases that stand in no other licence."""

from __future__ import annotations

import re

from registry.licence_table import Licence, licences, table

LOOKED_AT = 60_000  # characters; the GPL has 35,000
LICENCE_FILE = re.compile(r"^(?:un)?(licen[cs]e|copying)([-_. ].*)?$", re.IGNORECASE)


def is_licence_file(path: str) -> bool:
    """Does a file in the root hold a licence by its name?

    >>> is_licence_file("LICENSE"), is_licence_file("LICENSE-CODE.txt"), is_licence_file("src/LICENSE")
    (True, True, False)
    """
    return bool(LICENCE_FILE.match(path))


def match_text(text: str) -> Licence | None:
    """The licence whose phrases all stand in a text; None where no fingerprint fits.

    >>> match_text("MIT License\\n\\nPermission is hereby granted, free of charge, to any person obtaining a copy").id
    'MIT'
    """
    words = " ".join(re.sub(r"[\W_]+", " ", text[:LOOKED_AT].casefold()).split())
    for row in table()["text"]:
        if all(phrase in words for phrase in row["all"]) and not any(p in words for p in row.get("none", ())):
            return licences()[row["id"]]
    return None
