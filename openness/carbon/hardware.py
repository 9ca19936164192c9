"""Finds accelerators and their number in free text; the table beside this module knows their power."""

from __future__ import annotations

import csv
import re
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path

TABLE = Path(__file__).parent / "tables" / "hardware.csv"
MAKERS = {"NVIDIA", "AMD", "Intel", "Apple", "Habana"}
CORES_A_CHIP = {"v2": 2, "v3": 2, "v4": 2, "v5p": 2, "v5e": 1}
MOST_DEVICES = 1_000_000
COUNT_WORDS = {
    "a": 1, "an": 1, "one": 1, "single": 1, "two": 2, "dual": 2, "three": 3, "four": 4,
    "five": 5, "six": 6, "seven": 7, "eight": 8, "ten": 10, "sixteen": 16,
}  # fmt: skip


@dataclass(frozen=True)
class Device:
    """An accelerator or processor; its power in watts is None where no maker publishes it."""

    name: str
    kind: str
    power_w: float | None
    peak_tflops: float | None
    source: str


@dataclass(frozen=True)
class HardwareUse:
    """A device as a text names it. `count` is None where no number stands with it; TPU slices count chips."""

    device: Device
    count: int | None
    raw: str

    @property
    def power_w(self) -> float | None:
        """Of all the devices together, one where no number is given."""
        return None if self.device.power_w is None else self.device.power_w * (self.count or 1)


@cache
def devices() -> dict[str, Device]:
    """The table, by name."""
    with TABLE.open(encoding="utf8") as file:
        rows = [
            Device(r["name"], r["kind"], number(r["power_w"]), number(r["peak_tflops"]), r["source"])
            for r in csv.DictReader(file)
        ]
    return {device.name: device for device in rows}


def number(text: str) -> float | None:
    return float(text) if text else None


def pattern_of(name: str) -> str:
    """How a device's name is written: its words, with spaces, dashes, memory sizes or nothing between them."""
    words = [word for word in name.split() if word not in MAKERS]
    return r"(?:[\s_-]{0,3}(?:\d{1,3}\s?gb|\(r\)(?:\scpu)?|cpu)?[\s_-]{0,3})".join(re.escape(word) for word in words)


@cache
def device_pattern() -> re.Pattern:
    named = sorted((d for d in devices().values() if d.kind != "tpu"), key=lambda d: -len(d.name))
    names = "|".join(f"(?P<d{list(devices()).index(d.name)}>{pattern_of(d.name)})" for d in named)
    return re.compile(rf"(?:(?<![a-z0-9])|(?<=\dx))(?:{names})(?=s?(?![a-z0-9])|-\d|sxm|[_-])", re.IGNORECASE)


@cache
def device_stems() -> tuple[str, ...]:
    """Of each device's name its longest word: a text that holds none of them names no device, and is not searched."""
    names = (device.name for device in devices().values() if device.kind != "tpu")
    longest = (max((word for word in name.split() if word not in MAKERS), key=len) for name in names)
    return tuple(sorted({word.lower() for word in longest}))


TPU = re.compile(
    r"(?:(?<![a-z0-9])|(?<=\dx))(?:cloud\s)?tpus?[\s_-]{0,3}(?:pods?[\s_-])?v?(?P<version>2|3|4|5e|5p|5\s?lite(?:pod)?)"
    r"(?:[\s_]?-\s?(?P<cores>\d{1,5})|\s(?P<said>\d{1,5})\scores?)?(?![\w.])"
    r"|(?<![a-z0-9])v(?P<version2>2|3|4|5e|5p)-(?P<cores2>\d{1,5})(?:\s?tpus?)?(?![\w.])",
    re.IGNORECASE,
)
BEFORE = re.compile(
    r"(?<![\w.])(?P<count>\d{1,6}|an?|one|single|two|dual|three|four|five|six|seven|eight|ten|sixteen)"
    r"(?:\s?[x\u00d7*]\s?|[\s-])"
    r"(?:(?:gpus?|cards?|accelerators?|devices?)\s?(?:[(,:\u2013-]|of)?\s?(?:(?:type|kind)\s)?)?"
    r"(?:\d{1,3}\s?gb[\s-]?)?(?:(?:nvidia|tesla|geforce|google|cloud|amd|intel|quadro|apple|radeon|instinct|of|the)[\s-]?)*$",
    re.IGNORECASE,
)
NODES = re.compile(
    r"(?<![\w.])(?P<nodes>\d{1,5})\s?"
    r"(?:(?:nodes?|servers?|machines?)\s?(?:of|with|each with|[x\u00d7,])?|[x\u00d7])\s?$",
    re.IGNORECASE,
)
AFTER = re.compile(
    r"s?(?:[\s-]{0,3}(?:\(?\d{1,3}\s?gi?b\)?|gpus?|sxm\d?|pcie|cards?|vms?|tensor core))*\s?[(,:]?\s?"
    r"(?:[x\u00d7*]\s?(?P<times>\d{1,6})\b|(?P<count>\d{1,6})\s?(?:[x\u00d7]|\)|gpus?\b|cards?\b|chips?\b|devices?\b))",
    re.IGNORECASE,
)
CORES_AFTER = re.compile(r"[\s-]?cores?\b", re.IGNORECASE)


def count_at(text: str, start: int, end: int) -> int | None:
    """The number of devices that stands before or after a device's name."""
    before = text[max(0, start - 60) : start]
    if match := BEFORE.search(before):
        count = COUNT_WORDS.get(match["count"].lower()) or int(match["count"])
        nodes = NODES.search(before[: match.start()])
        count *= int(nodes["nodes"]) if nodes else 1
    elif match := AFTER.match(text, end, end + 60):
        count = int(match["times"] or match["count"])
    else:
        return None
    return count if 0 < count <= MOST_DEVICES else None


@lru_cache(500)  # a line is asked by what surrounds it and by its sentences
def find_hardware(text: str) -> tuple[HardwareUse, ...]:
    """Every known device that `text` names, in its order.

    >>> [(use.device.name, use.count) for use in find_hardware("8 16GB V100, TPUv3-8 and an A100-SXM4-80GB")]
    [('NVIDIA V100', 8), ('TPU v3', 4), ('NVIDIA A100 SXM4', 1)]
    """
    found, low = [], text.lower()
    named = device_pattern().finditer(text) if any(stem in low for stem in device_stems()) else ()
    for match in named:
        index = next(int(group[1:]) for group, words in match.groupdict().items() if words)
        device = list(devices().values())[index]
        found.append((match.start(), HardwareUse(device, count_at(text, *match.span()), match[0])))
    for match in TPU.finditer(text):
        found.append((match.start(), tpu_use(text, match)))
    return tuple(use for _, use in sorted(found, key=lambda pair: pair[0]))


def tpu_use(text: str, match: re.Match) -> HardwareUse:
    """A TPU slice named by its cores (`v3-8` is eight cores on four chips), or chips."""
    said = (match["version"] or match["version2"]).lower()
    version = "v5e" if said.startswith("5") and said != "5p" else f"v{said}"
    cores = match["cores"] or match["cores2"] or match["said"]
    count = count_at(text, *match.span())
    if cores:
        count = (count or 1) * max(1, int(cores) // CORES_A_CHIP[version])
    elif count and CORES_AFTER.match(text, match.end()):
        count = max(1, count // CORES_A_CHIP[version])
    return HardwareUse(devices()[f"TPU {version}"], count, match[0])
