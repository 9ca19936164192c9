"""Draws which layers of a merged model come from which of its parents, as SVG; for recipes with layer ranges."""

from __future__ import annotations

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

ROW, BAR, LEFT, WIDTH = 30, 18, 260, 560  # pixels
LAYERS_MOST = 10_000
NAME_LETTERS = 34


def draw_layers(inputs: list[dict]) -> SafeString | str:
    """One row for each input with layers: a bar over the child's layers, labelled with the parent's; "" without any."""
    rows = [each for each in inputs if each.get("child_layers") and each.get("parent_layers")]
    last = max((each["child_layers"][1] for each in rows), default=0)
    if not rows or not 0 < last <= LAYERS_MOST:
        return ""
    scale = WIDTH / last
    bars = format_html_join("", BAR_SVG, (bar(number, each, scale) for number, each in enumerate(rows)))
    ticks = format_html_join(
        "",
        '<text class="heading" x="{}" y="14">{}</text>',
        ((round(LEFT + layer * scale), layer) for layer in ticks_to(last)),
    )
    return format_html(
        '<svg class="layers" xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {w} {h}" width="{w}" height="{h}"'
        ' role="img" aria-label="Which layers come from which model">{ticks}{bars}</svg>',
        w=LEFT + WIDTH + 40,
        h=24 + ROW * len(rows),
        ticks=ticks,
        bars=bars,
    )


BAR_SVG = (
    '<text class="name" x="0" y="{}">{}</text><rect class="layer l-{}" x="{}" y="{}" width="{}" height="{}">'
    "<title>{}</title></rect>"
    '<text class="of" x="{}" y="{}">{}</text>'
)


def bar(number: int, each: dict, scale: float) -> tuple:
    first, last = each["child_layers"]
    own = "–".join(str(layer) for layer in each["parent_layers"])
    y = 24 + number * ROW
    x, width = LEFT + first * scale, max((last - first) * scale, 2)
    title = f"Layers {first}–{last} come from layers {own} of {each['parent']}"
    name = each["parent"] if len(each["parent"]) <= NAME_LETTERS else f"…{each['parent'][-NAME_LETTERS + 1 :]}"
    return (y + 14, name, number % 6, round(x, 1), y, round(width, 1), BAR, title, round(x + 4, 1), y + 13, own)


def ticks_to(last: int) -> list[int]:
    """Round numbers of layers for the axis, at most nine.

    >>> ticks_to(48)
    [0, 10, 20, 30, 40]
    """
    step = next(step for step in (1, 2, 5, 10, 20, 50, 100, 500, 1_000, 2_000) if last / step <= 8)
    return list(range(0, last + 1, step))
