"""The licences that Stemma knows, read once from its data files, and how a spelling finds its licence.

SPDX ids with the Open Source Initiative's and the FSF's verdicts stand in `data/licences_spdx.tsv` (SPDX list of May
2024 and OpenMDW-1.0); what is younger comes from the license-expression package. The Hub's ids, licences of models,
obligations and spellings stand in `data/licences.toml`.
"""

from __future__ import annotations

import csv
import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path

from license_expression import get_license_index

FOLDER = Path(__file__).parent / "data"
CC_PARTS = (("NC", "noncommercial|nc"), ("SA", "sharealike|sa"), ("ND", "noderiv|nd"))
CREATIVE_COMMONS = re.compile(
    r"(?:creativecommons|cc)(?P<parts>(?:attribution|by|noncommercial|nc|sharealike|sa|nd"
    r"|noderiv(?:s|atives?|ativeworks?)?){0,4})(?P<version>[1-4]\.[05])?(?:international|unported|generic)?(?:public)?"
)
FILLERS = {"the", "a", "license", "licence", "licensed", "under", "version", "agreement"}


@dataclass(frozen=True)
class Licence:
    """One licence. `verdict`: open, refused, versionless (a family, not said which member) or unknown."""

    id: str
    name: str
    verdict: str
    types: frozenset[str] = frozenset()  # code, data, document: for what it was written
    flags: dict[str, str] = field(default_factory=dict, compare=False)  # obligation -> where the licence says so
    states_nothing: bool = False  # "unknown", "other": an answer that names no licence


@dataclass(frozen=True)
class SpdxRow:
    """One line of the SPDX table: the verdicts as the lists of May 2024 give them."""

    id: str
    osi: bool
    fsf: bool
    open_data: bool
    deprecated: bool
    types: frozenset[str]


@cache
def table() -> dict:
    """The licence data file, as it is."""
    return tomllib.loads((FOLDER / "licences.toml").read_text("utf8"))


@cache
def spdx_rows() -> dict[str, SpdxRow]:
    """The SPDX list by id; `ODC-PDDL-1.0` stands in it too, an id that only the list of open data licences has."""
    with (FOLDER / "licences_spdx.tsv").open(encoding="utf8", newline="") as lines:
        rows = csv.DictReader(lines, delimiter="\t", restval="")
        return {row["id"]: _spdx_row(row) for row in rows}


def _spdx_row(row: dict[str, str]) -> SpdxRow:
    verdicts = {key: row[key] == "1" for key in ("osi", "fsf", "open_data", "deprecated")}
    return SpdxRow(id=row["id"], types=frozenset(filter(None, row["types"].split(","))), **verdicts)


@cache
def licences() -> dict[str, Licence]:
    """Every known licence by its canonical id."""
    found = {licence.id: licence for licence in (*_from_spdx(), *_from_index(), *_own())}
    return dict(sorted(found.items()))


def _from_spdx() -> Iterator[Licence]:
    for row in spdx_rows().values():
        if row.id == "ODC-PDDL-1.0":
            continue
        is_open = row.osi or row.fsf or row.open_data or row.id == "OpenMDW-1.0"
        own = _override(row.id)
        types = own.get("types") or (["code"] if row.osi or row.fsf else [])
        verdict = own.get("verdict") or ("open" if is_open else "refused")
        yield Licence(row.id, row.id, verdict, frozenset(types), _clauses(row.id))


def _from_index() -> Iterator[Licence]:
    """Licences that SPDX listed later: known, but their openness is nobody's list yet."""
    for row in get_license_index():
        key = row.get("spdx_license_key") or ""
        if key and not row["is_exception"] and not key.startswith("LicenseRef-") and key not in spdx_rows():
            own = _override(key)
            yield Licence(key, key, own.get("verdict", "unknown"), frozenset(own.get("types", ())), _flags_of(key, row))


def _flags_of(key: str, row: dict) -> dict[str, str]:
    clauses = _clauses(key)
    if (row.get("category") or "").startswith("Copyleft"):
        clauses.setdefault("COPYLEFT", "")
    return clauses


def _own() -> Iterator[Licence]:
    for row in table()["licence"]:
        checked = row.get("checked", False)
        own = {flag: cited(where, checked) for flag, where in row.get("flags", {}).items()}
        flags = {**_clauses(row["id"]), **own}
        nothing = row.get("states_nothing", False)
        yield Licence(row["id"], row["name"], row["verdict"], frozenset(row.get("types", ())), flags, nothing)


def _override(licence_id: str) -> dict:
    rows = [row for row in table()["open"] if any(fnmatchcase(licence_id, pattern) for pattern in row["ids"])]
    return rows[0] if rows else {}


def cited(where: str, checked: bool = False) -> str:
    """Where a licence states an obligation. A section whose number was not read off the text says so.

    >>> cited("MIT §1"), cited("MIT §1", checked=True), cited("copy of the licence")
    ('MIT §1 (section from memory)', 'MIT §1', 'copy of the licence')
    """
    return f"{where} (section from memory)" if "§" in where and not checked else where


def _clauses(licence_id: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for row in table()["clause"]:
        if any(fnmatchcase(licence_id, pattern) for pattern in row["ids"]):
            found.setdefault(row["flag"], cited(row["where"], row.get("checked", False)))
    return found


@cache
def exceptions() -> dict[str, str]:
    """SPDX exceptions, lower case to canonical."""
    keys = (row["spdx_license_key"] for row in get_license_index() if row["is_exception"] and row["spdx_license_key"])
    return {key.lower(): key for key in keys}


def plain(text: str) -> str:
    """A spelling without case, blanks, hyphens, and words that tell no licence from another.

    >>> plain("The Apache License, Version 2.0") == plain("apache-2.0")
    True
    """
    words = re.sub(r"[^\w.+]+|_", " ", text.casefold()).split()
    words = [re.sub(r"^v(?=\d)", "", word.strip(".")) for word in words if word.strip(".") not in FILLERS]
    return "".join(words)


@cache
def spellings() -> dict[str, str]:
    """Plain spelling -> canonical id. What stands earlier wins: ids, names, aliases, ids without their `.0`."""
    found: dict[str, str] = {}
    ids = [key for key in licences() if not (key in spdx_rows() and spdx_rows()[key].deprecated)]
    pairs = [*table()["hub"].items(), *((key, key) for key in ids), *((key, key) for key in licences())]
    pairs += [(licence.name, licence.id) for licence in licences().values()]
    pairs += [(alias, key) for key, aliases in table()["aliases"].items() for alias in aliases]
    pairs += [(key[:-2], key) for key in licences() if key.endswith(".0")]
    for spelling, key in pairs:
        found.setdefault(plain(spelling), key)
    found.pop("", None)
    return found


def find(text: str) -> Licence | None:
    """The licence of one spelling: its id, else its plain spelling; None where it is not known.

    >>> find("Apache License 2.0").id, find("CC BY-SA 4.0").id, find("my own terms")
    ('Apache-2.0', 'CC-BY-SA-4.0', None)
    """
    if text in licences():
        return licences()[text]
    spelling = plain(text)
    return licences().get(spellings().get(spelling) or _creative_commons(spelling))


def _creative_commons(spelling: str) -> str:
    """The id that a full name of Creative Commons means, in any order of its parts; "" for anything else.

    >>> _creative_commons(plain("Creative Commons Attribution-NonCommercial-ShareAlike 3.0 Unported License"))
    'CC-BY-NC-SA-3.0'
    >>> _creative_commons(plain("Creative Commons Share-Alike 3.0")), _creative_commons(plain("CC 3.0"))
    ('CC-BY-SA-3.0', '')
    """
    match = CREATIVE_COMMONS.fullmatch(spelling)
    if match is None or not match["parts"]:
        return ""
    named = [short for short, pattern in CC_PARTS if re.search(pattern, match["parts"])]
    if match["version"]:
        return "-".join(["CC", "BY", *named, match["version"]])
    return "-".join(["cc", "by", *named]).lower()


def find_link(url: str) -> Licence | None:
    """The licence whose text stands at a well-known address; None for any other address."""
    for row in table()["link"]:
        if match := re.search(row["pattern"], url[:500]):
            groups = match.groupdict()
            if "cc" in groups:
                return find(f"CC-{groups['cc']}-{groups['version']}")
            if "llama" in groups:
                return find("llama" + groups["llama"].replace("_", "."))
            return find(row.get("id") or groups["id"])
    return None
