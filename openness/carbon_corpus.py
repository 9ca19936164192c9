"""What the mirrored models report of their carbon, over months, domains and tools, for any grid that a reader picks."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterable
from statistics import median

from django.core.cache import cache
from django.db.models import CharField, Count, Max
from django.db.models.functions import Cast, Substr

from openness.models import Emission
from registry.models import Repo

KEPT_FOR_S = 60
INTENSITY_MOST_G_PER_KWH = 2000.0  # beyond any grid
MONTHS_SHOWN = 60
ROWS_SHOWN = 20
DOMAINS = {  # words of the Hub's tasks
    "multimodal": ("image-text", "any-to-any", "visual-question", "document-question", "image-to-text", "video-text"),
    "audio": ("audio", "speech", "voice"),
    "vision": ("image", "object-detection", "depth", "mask-generation", "keypoint", "video"),
    "reinforcement learning": ("reinforcement", "robotics"),
    "language": ("text", "fill-mask", "token", "question", "translation", "summarization", "sentence", "conversational",
                 "zero-shot", "feature-extraction"),
}  # fmt: skip


def domain_of(task: str) -> str:
    """The domain of a task of the Hub.

    >>> domain_of("fill-mask"), domain_of("text-to-image"), domain_of("")
    ('language', 'vision', 'unknown')
    """
    for domain, words in DOMAINS.items():
        if any(word in task for word in words):
            return domain
    return "other" if task else "unknown"


def corpus_carbon(user, g_per_kwh: float | None = None) -> dict:
    """The corpus as `user` may see it, at most a minute old; amounts as stated, or as energy on a grid would give."""
    audience = "staff" if user is not None and user.is_staff else "public"
    rows, months, as_of = cache.get_or_set(f"carbon-corpus-{audience}", lambda: read_corpus(user), KEPT_FOR_S)
    return summed(rows, months, g_per_kwh) | {"as_of": as_of, "g_per_kwh": g_per_kwh}


def read_corpus(user) -> tuple[list[tuple], dict[str, int], object]:
    """The emissions as narrow rows, how many models were created in each month, and the date of the newest row."""
    month = Substr(Cast("hub_created_at", CharField()), 1, 7)
    models = Repo.objects.of_kind(Repo.Kind.MODEL).current().visible_to(user)
    counted = models.order_by().annotate(month=month).values_list("month").annotate(number=Count("pk"))
    stated = Emission.objects.visible_to(user).filter(repo__holds_name=True, repo__kind=Repo.Kind.MODEL)
    own_month = Substr(Cast("repo__hub_created_at", CharField()), 1, 7)
    rows = stated.annotate(month=own_month).values_list(
        "month", "repo__pipeline_tag", "tool", "emissions_g", "energy_kwh", "origin", "has_weights"
    )
    newest = Emission.objects.visible_to(user).aggregate(newest=Max("checked_at"))["newest"]
    return list(rows), {month or "": number for month, number in counted}, newest


def summed(rows: Iterable[tuple], months: dict[str, int], g_per_kwh: float | None) -> dict:
    """Shares, medians and decades. Only values of a model's own take part; the others are counted beside them."""
    rows = list(rows)
    own = [row for row in rows if row[5] == Emission.Origin.OWN and row[6] is not False]
    if g_per_kwh is None:
        amounts = [(row, row[3]) for row in own]
    else:
        amounts = [(row, row[4] * g_per_kwh) for row in own if row[4] is not None]
    reporting = Counter(row[0] or "" for row in rows)
    said = {month: [] for month in months}
    for row, grams in amounts:
        said.setdefault(row[0] or "", []).append(grams)
    known = sorted(month for month in months if month)[-MONTHS_SHOWN:]
    return {
        "models": sum(months.values()),
        "reporting": len(rows),
        "not_own": dict(Counter(row[5] for row in rows if row[5] != Emission.Origin.OWN)),
        "without_weights": sum(row[6] is False for row in rows),
        "in_figures": len(amounts),
        "without_energy": len(own) - len(amounts),
        "median_g": median(grams for _, grams in amounts) if amounts else None,
        "median_kwh": median(kwh) if (kwh := [row[4] for row in own if row[4] is not None]) else None,
        "months": [
            {
                "month": month,
                "models": months[month],
                "reporting": reporting[month],
                "share": reporting[month] / months[month],
                "median_g": median(said[month]) if said[month] else None,
            }
            for month in known
        ],
        "domains": medians((domain_of(row[1]), grams) for row, grams in amounts),
        "tools": medians((row[2] or "none named", grams) for row, grams in amounts),
        "decades": decades(grams for _, grams in amounts),
    }


def medians(pairs: Iterable[tuple[str, float]]) -> list[dict]:
    """Number and median of each group, the largest first."""
    groups: dict[str, list[float]] = defaultdict(list)
    for name, grams in pairs:
        groups[name].append(grams)
    found = [{"name": name, "number": len(all_of), "median_g": median(all_of)} for name, all_of in groups.items()]
    return sorted(found, key=lambda row: (-row["number"], row["name"]))[:ROWS_SHOWN]


def decades(amounts: Iterable[float]) -> list[dict]:
    """How many amounts lie in each power of ten, those between included; zero is a row of its own.

    >>> [(row["from_g"], row["number"]) for row in decades([0.0, 5.0, 7.0, 120.0])]
    [(0.0, 1), (1.0, 2), (10.0, 0), (100.0, 1)]
    """
    counted = Counter(math.floor(math.log10(grams)) if grams > 0 else None for grams in amounts)
    zeros = counted.pop(None, 0)
    found = [{"from_g": 0.0, "to_g": 0.0, "number": zeros}] if zeros else []
    if counted:
        span = range(min(counted), max(counted) + 1)
        found += [{"from_g": float(f"1e{n}"), "to_g": float(f"1e{n + 1}"), "number": counted[n]} for n in span]
    return found


def intensity_in(text: str) -> float | None:
    """The grid that is asked for; None of an empty text. Raises ValueError of anything but a number in bounds."""
    if not text.strip():
        return None
    number = float(text) if len(text) < 20 else math.nan
    if not 0 < number <= INTENSITY_MOST_G_PER_KWH:
        raise ValueError(text)
    return number
