"""Small pictures of a comparison as SVG: where the rate lies, and how clear the flips are. Numbers in, markup out."""

from __future__ import annotations

from collections.abc import Sequence
from math import isfinite

WIDTH, PAD = 640, 12
MOST_POINTS = 2_000


def interval_picture(
    rate: float, interval: Sequence[float], upper: float, budget: float | None = None, noise: float | None = None
) -> str:
    """The negative flip rate with its exact interval, the one-sided bound, the budget and the noise floor."""
    most = max(interval[1], upper, budget or 0, noise or 0) * 1.1 or 1.0

    def x(value: float) -> str:
        return f"{PAD + (WIDTH - 2 * PAD) * value / most:.1f}"

    marks = [
        f'<line class="axis" x1="{PAD}" y1="44" x2="{WIDTH - PAD}" y2="44"/>',
        *(tick(x(most * part / 4), most * part / 4, part) for part in range(5)),
        f'<line class="interval" x1="{x(interval[0])}" y1="24" x2="{x(interval[1])}" y2="24"/>',
        f'<line class="bound" x1="{x(upper)}" y1="15" x2="{x(upper)}" y2="33"/>',
        f'<circle class="rate" cx="{x(rate)}" cy="24" r="6"/>',
    ]
    if noise:
        marks.insert(0, f'<rect class="noise" x="{PAD}" y="8" width="{float(x(noise)) - PAD:.1f}" height="36"/>')
    if budget is not None:
        marks.append(f'<line class="budget" x1="{x(budget)}" y1="4" x2="{x(budget)}" y2="50"/>')
    said = f"Negative flip rate {rate:.4%}, 95 % interval {interval[0]:.4%} to {interval[1]:.4%}"
    said += f", budget {budget:.4%}" if budget is not None else ""
    return svg(marks, WIDTH, 66, said)


def tick(x: str, value: float, part: int) -> str:
    anchor = ("start", "middle", "middle", "middle", "end")[part]
    return f'<text class="tick" x="{x}" y="60" text-anchor="{anchor}">{100 * value:.3g} %</text>'


def margin_picture(points: Sequence[tuple[float, float]], noise: float | None = None) -> str:
    """Each negative flip by how sure the old version was of the right answer and the new one of its wrong answer."""
    points = [point for point in points if all(map(isfinite, point))][:MOST_POINTS]
    side, most = 320, max((max(map(abs, point)) for point in points), default=0) * 1.05 or 1.0

    def at(value: float) -> float:
        return PAD + (side - 2 * PAD) * min(abs(value), most) / most

    floor = side - PAD
    marks = [
        f'<line class="axis" x1="{PAD}" y1="{floor}" x2="{floor}" y2="{floor}"/>',
        f'<line class="axis" x1="{PAD}" y1="{PAD}" x2="{PAD}" y2="{floor}"/>',
        f'<text class="tick" x="{PAD}" y="{floor + 11}">0</text>',
        f'<text class="tick" x="{floor}" y="{floor + 11}" text-anchor="end">{most:.3g} before</text>',
        f'<text class="tick" x="{PAD}" y="{PAD - 3}">{most:.3g} now</text>',
    ]
    if noise:
        reach = at(noise) - PAD
        marks.append(
            f'<rect class="noise" x="{PAD}" y="{floor - reach:.1f}" width="{reach:.1f}" height="{reach:.1f}"/>'
        )
    marks += (f'<circle class="flip" cx="{at(old):.1f}" cy="{side - at(new):.1f}" r="3"/>' for old, new in points)
    return svg(marks, side, side, f"{len(points)} negative flips by the margin before (across) and now (upwards)")


def svg(marks: Sequence[str], width: int, height: int, said: str) -> str:
    body = "".join(marks)
    return f'<svg class="picture" viewBox="0 0 {width} {height}" role="img" aria-label="{said}">{body}</svg>'
