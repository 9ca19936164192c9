"""Whether one licence states again what another asks for, clause by clause."""

from __future__ import annotations

from registry.licences import LicenceReading

# What reaches farther keeps what reaches less far: LGPL §2 lets a work go over to the GPL, GPL-3.0 §13 joins the AGPL.
WEAK_COPYLEFT = ("LGPL-", "MPL-", "EPL-", "CDDL-", "EUPL-", "CPL-", "MS-RL", "CECILL-C", "OSET-PL-")
NETWORK_COPYLEFT = ("AGPL-", "SSPL-")


def keeps(flag: str, source: LicenceReading | None, own: LicenceReading) -> bool:
    """Does a repository's own licence, which is known, state a clause of a licence above it again?

    `source` is the licence that asks, None where only the clause is known. One licence that another allows to go over
    to keeps it as well: CC-BY-SA-4.0 names GPL-3.0 (its list of compatible licences), and not the other way round.

    >>> from registry.licences import read_licence as read
    >>> keeps("COPYLEFT", read("agpl-3.0"), read("lgpl-3.0")), keeps("COPYLEFT", read("lgpl-3.0"), read("gpl-3.0"))
    (False, True)
    >>> keeps("SA", read("cc-by-sa-4.0"), read("gpl-3.0")), keeps("COPYLEFT", read("gpl-3.0"), read("cc-by-sa-4.0"))
    (True, False)
    """
    if flag == "SA" and source and "CC-BY-SA-4.0" in source.ids and any(each.startswith("GPL-3.0") for each in own.ids):
        return True
    if flag not in own.flags:
        return False
    return flag != "COPYLEFT" or source is None or reach(own) >= reach(source)


def reach(reading: LicenceReading) -> int:
    """How far a copyleft reaches: 1 the files or the library, 2 the whole work, 3 also what only runs on a server."""
    return max((reach_of(each) for each in reading.ids), default=2)


def reach_of(licence_id: str) -> int:
    if licence_id.startswith(NETWORK_COPYLEFT):
        return 3
    return 1 if licence_id.startswith(WEAK_COPYLEFT) else 2
