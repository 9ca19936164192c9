"""Which flips are clear and which lie within the noise of running the same model twice."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

BAND_PERCENTILE = 99.9


@dataclass(frozen=True)
class MarginSplit:
    """Negative flips by their margins, the lead of the picked answer over the next best in both versions."""

    noise_band: float | None
    solid: int | None
    """at least one version was surer than the band"""
    fragile: int | None
    """both margins lie within the band, or the old version, run again, mostly contradicted itself"""
    unknown: int
    """a margin was not recorded"""
    mean_margin_old: float | None
    mean_margin_new: float | None


def noise_band(margins: np.ndarray, again: np.ndarray) -> float | None:
    """The 99.9th percentile of the change of margin when the same model runs again; None where none was recorded."""
    change = np.abs(margins - again)
    change = change[np.isfinite(change)]
    return float(np.percentile(change, BAND_PERCENTILE)) if len(change) else None


def fragile_flips(old: np.ndarray, new: np.ndarray, band: float, unsettled: np.ndarray | None = None) -> np.ndarray:
    """Which flips lie within the noise, by the margins that both versions had on them, or by runs of the old one."""
    within = (np.abs(old) < band) & (np.abs(new) < band)
    return within if unsettled is None else within | (unsettled > 0)


def split_by_margin(
    old: np.ndarray, new: np.ndarray, band: float | None, unsettled: np.ndarray | None = None
) -> MarginSplit | None:
    """Split negative flips by the margins that both versions had on them (NaN: not recorded); None without any."""
    known = np.isfinite(old) & np.isfinite(new)
    if not known.any():
        return None
    fragile = None
    if band is not None:
        fragile = int(np.count_nonzero(fragile_flips(old, new, band, unsettled) & known))
    old, new, unknown = np.abs(old[known]), np.abs(new[known]), int(np.count_nonzero(~known))
    return MarginSplit(
        noise_band=band,
        solid=None if fragile is None else len(old) - fragile,
        fragile=fragile,
        unknown=unknown,
        mean_margin_old=float(old.mean()),
        mean_margin_new=float(new.mean()),
    )
