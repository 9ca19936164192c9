"""How scores are spread, as a picture: columns in SVG. Numbers in, markup out."""

from __future__ import annotations

from collections.abc import Sequence

from django.utils.safestring import SafeString, mark_safe

WIDTH, HEIGHT, SIDE, TOP, FOOT = 640, 214, 6, 30, 30  # of the view box; the columns stand between the margins
TICKS = (0, 20, 40, 60, 80, 100)


def score_picture(numbers: Sequence[int], median: float | None) -> SafeString:
    """One column for each of `numbers`, which lie at equal distances from score 0 to 100; empty where all are 0."""
    most = max(numbers, default=0)
    if not most:
        return mark_safe("")
    floor, step = HEIGHT - FOOT, (WIDTH - 2 * SIDE) / len(numbers)

    def x(score: float) -> float:
        return SIDE + (WIDTH - 2 * SIDE) * score / 100

    marks = [
        f'<rect class="column" x="{SIDE + n * step + 1:.1f}" y="{floor - tall:.1f}" width="{step - 2:.1f}" '
        f'height="{tall:.1f}"/>'
        for n, number in enumerate(numbers)
        if number and (tall := (floor - TOP) * number / most)
    ]
    marks.append(f'<line class="axis" x1="{SIDE}" y1="{floor}" x2="{WIDTH - SIDE}" y2="{floor}"/>')
    for score in TICKS:
        anchor = "start" if score == 0 else "end" if score == 100 else "middle"
        marks.append(f'<text class="tick" x="{x(score):.1f}" y="{HEIGHT - 8}" text-anchor="{anchor}">{score}</text>')
    said = f"Scores of {sum(numbers):,} cards in {len(numbers)} bands; the largest holds {most:,}"
    if median is not None:
        marks.append(f'<line class="median" x1="{x(median):.1f}" y1="{TOP - 6}" x2="{x(median):.1f}" y2="{floor}"/>')
        anchor, at = ("start", x(median) + 5) if median < 80 else ("end", x(median) - 5)
        marks.append(f'<text class="tick" x="{at:.1f}" y="{TOP - 8}" text-anchor="{anchor}">median {median:g}</text>')
        said += f"; the median is {median:g}"
    body = "".join(marks)
    return mark_safe(f'<svg class="picture" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{said}">{body}</svg>')
