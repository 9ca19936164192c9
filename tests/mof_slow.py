"""The Model Openness Tool's algorithm a second time: slow, literal, step by step, on the raw record.

It shares nothing with `openness/`: components, lists and rules stand here again, so that a slip there shows.
"""

import csv
from pathlib import Path

TABLE = Path(__file__).resolve().parents[1] / "registry" / "data" / "licences_spdx.tsv"
CODE = (
    "0BSD AFL-1.1 AFL-1.2 AFL-2.0 AFL-2.1 AFL-3.0 Apache-1.0 Apache-1.1 Apache-2.0 ECL-1.0 ECL-2.0 ISC MIT MIT-0 "
    "MulanPSL-1.0 MulanPSL-2.0 NCSA OpenMDW-1.0 UPL-1.0"
).split()
DATA = "C-UDA-1.0 CDLA-Permissive-1.0 CDLA-Permissive-2.0 OpenMDW-1.0 PDDL-1.0".split()
DOCUMENT = "Apache-2.0 CC-BY-4.0 CC-BY-SA-3.0 CC-BY-SA-4.0 CC-PDDC CC0-1.0 FreeBSD-DOC OpenMDW-1.0".split()
TYPED = {"code": CODE, "data": DATA, "document": DOCUMENT}

# (id, name, content type, class, required), the first entry being what an unknown name falls to
SETTINGS = [
    (15, "Datasets", "data", 1, True),
    (16, "Data preprocessing code", "code", 1, True),
    (9, "Model architecture", "code", 3, True),
    (10, "Model parameters (Final)", "data", 3, True),
    (17, "Model metadata", "data", 1, False),
    (24, "Model parameters (Intermediate)", "data", 1, True),
    (7, "Training code", "code", 2, True),
    (8, "Inference code", "code", 2, True),
    (18, "Evaluation code", "code", 2, True),
    (19, "Evaluation data", "data", 2, True),
    (12, "Evaluation results", "document", 3, True),
    (22, "Supporting libraries and tools", "code", 2, False),
    (13, "Model card", "document", 3, True),
    (14, "Data card", "document", 3, True),
    (11, "Technical report", "document", 3, True),
    (21, "Research paper", "document", 1, True),
    (20, "Sample model outputs", "document", 3, False),
]
NAMES = [name for _, name, _, _, _ in SETTINGS]


def open_licences():
    with TABLE.open() as lines:
        rows = list(csv.DictReader(lines, delimiter="\t"))
    return {r["id"] for r in rows if "1" in (r["osi"], r["fsf"], r["open_data"])} | {"OpenMDW-1.0"}


OPEN = open_licences()


def required(mof_class):
    return [cid for cid, _, _, k, needed in SETTINGS if k == mof_class and needed]


def stored_components(release):
    stored = {}
    for item in release.get("components") or []:
        place = NAMES.index(item["name"]) if item["name"] in NAMES else 0
        cid = SETTINGS[place][0]
        stored[cid] = {}
        if item.get("license") is not None:
            stored[cid]["license"] = "" if item["license"] == "unlicensed" else item["license"]
    return stored


def resolve(cid, content_type, stored, release):
    if "license" in stored[cid]:
        licence = stored[cid]["license"]
        return "unlicensed" if licence in ("", "0") else licence
    everywhere = release.get("license") or {}
    for level in (content_type, "distribution"):
        name = (everywhere.get(level) or {}).get("name")
        if name not in (None, "", "0"):
            return name
    return "unlicensed"


def statuses(release):
    stored, found = stored_components(release), {}
    for cid, _, content_type, _, needed in SETTINGS:
        if cid not in stored:
            found[cid] = ("missing" if needed else "absent", None)
            continue
        licence = resolve(cid, content_type, stored, release)
        if licence in OPEN:
            found[cid] = ("included", licence)
        elif licence == "unlicensed":
            found[cid] = ("unlicensed", licence)
        else:
            found[cid] = ("invalid", licence)
    return found


def buckets_of(found):
    buckets, need = {}, []
    for k in (3, 2, 1):
        need = need + required(k)
        buckets[k] = {"missing": [], "included": [], "invalid": [], "unlicensed": []}
        for cid in need:
            buckets[k][found[cid][0]].append(cid)
    if 11 not in buckets[3]["included"]:
        for status in ("included", "invalid", "unlicensed"):
            if 21 in buckets[1][status]:
                for k in (1, 2, 3):
                    if 11 in buckets[k]["missing"]:
                        buckets[k]["missing"].remove(11)
                for k in (2, 3):
                    buckets[k][status].append(21)
    return buckets


def progress_of(k, buckets):
    total = n = 0
    for level in (3, 2, 1):
        if level < k:
            break
        total += len(required(level))
        n = len(buckets[level]["included"])
        if n < total:
            if level > k:
                return 0.0
            break
    if k == 1 and 11 not in buckets[1]["included"] and 21 in buckets[1]["included"]:
        total -= 1
    return min(100.0, 100 * n / total)


def classify(record):
    """Class, progress by class, required components by class and status, licences, and the wrong-type warnings."""
    release = record["release"]
    found = statuses(release)
    buckets = buckets_of(found)
    progress = {k: progress_of(k, buckets) for k in (1, 2, 3)}
    best = 0
    for k in (3, 2, 1):
        if progress[k] == 100:
            best = k
    wrong = [
        cid
        for cid, _, content_type, _, _ in SETTINGS
        if found[cid][0] == "included" and found[cid][1] not in TYPED[content_type]
    ]
    return {
        "class": best,
        "progress": progress,
        "buckets": buckets,
        "licences": {cid: found[cid][1] for cid in found},
        "wrong_type": sorted(wrong),
    }


# --- mof-strict/1 -----------------------------------------------------------------------------------------------------

# what each spelling means, written down by hand: open, and for what it was written
MEANING = {
    "MIT": (True, {"code"}),
    "mit license": (True, {"code"}),
    "Apache 2.0": (True, {"code", "document"}),
    "GPL-3.0-only": (True, {"code"}),
    "CC-BY-4.0": (True, {"data", "document"}),
    "cc0-1.0": (True, {"data", "document"}),
    "PDDL-1.0": (True, {"data", "document"}),
    "OpenMDW-1.1": (True, {"code", "data", "document"}),
    "MIT OR CC-BY-4.0": (True, {"code", "data", "document"}),
    "MIT AND CC-BY-4.0": (True, set()),
    "llama3": (False, set()),
    "cc-by-nc-4.0": (False, set()),
    "bsd": (None, {"code"}),
    "nobody knows this one": (None, set()),
}
BLANKS = ("", "0", "unlicensed")
THIRD_PARTY = (15, 19, 11, 21)


def strict_status(cid, content_type, needed, stored, release):
    if cid not in stored:
        return "missing" if needed else "absent"
    stated = stored[cid]
    everywhere = release.get("license") or {}
    if stated is None:
        for level in (content_type, "distribution"):
            if level == "distribution" and cid in THIRD_PARTY:
                continue
            name = (everywhere.get(level) or {}).get("name")
            if name not in (None, "", "0"):
                stated = name
                break
    if stated is None or stated in BLANKS:
        return "unlicensed"
    is_open, types = MEANING[stated]
    return "included" if is_open and content_type in types else "invalid"


def classify_strict(record):
    """Class and ungated progress of a record whose licences are all in `MEANING`."""
    release = record["release"]
    stored = {}
    for item in release.get("components") or []:
        for cid, name, _, _, _ in SETTINGS:
            if item["name"].lower() == name.lower():
                stored[cid] = item.get("license")
    found = {row[0]: (strict_status(row[0], row[2], row[4], stored, release), None) for row in SETTINGS}
    buckets = buckets_of(found)
    progress = {}
    for k in (3, 2, 1):
        total = sum(len(required(level)) for level in (3, 2, 1) if level >= k)
        if k == 1 and 11 not in buckets[1]["included"] and 21 in buckets[1]["included"]:
            total -= 1
        progress[k] = min(100.0, 100 * len(buckets[k]["included"]) / total)
    reached = [k for k in (1, 2, 3) if progress[k] == 100]
    return {"class": reached[0] if reached else 0, "progress": progress, "statuses": found}
