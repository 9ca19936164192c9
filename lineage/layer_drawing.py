"""Draws which layers of a merged model come from which of its parents, as SVG.

A recipe with layer ranges gives one bar for each slice of each model; one without mixes whole models, each of which is
one bar over all layers. Gradients of weights over the layers are drawn as a line across their bar.
"""

from __future__ import annotations

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from lineage.recipes import conditions_of, points

ROW, BAR, LEFT, WIDTH = 30, 18, 260, 560  # pixels
LAYERS_MOST = 10_000
ROWS_MOST = 120
POINTS_MOST = 64  # of one gradient
NAME_LETTERS = 34
MIXING = ("weight", "t", "scale")  # the parameters that say how much of a model goes in, the first that is given


def draw_layers(inputs: list[dict]) -> SafeString | str:
    """One row for each input: a bar over the child's layers, labelled with the parent's; "" where there is none.

    `inputs` are those of a stored recipe (`RecipeInput.as_dict`).
    """
    rows = [each for each in inputs if each.get("child_layers") and each["child_layers"][1] > each["child_layers"][0]]
    last = max((each["child_layers"][1] for each in rows), default=0)
    if not 0 < last <= LAYERS_MOST:
        rows, last = [each | {"child_layers": [0, 1], "parent_layers": None} for each in inputs], 0
    if not rows:
        return ""
    scale = WIDTH / (last or 1)
    colours = {name: number % 6 for number, name in enumerate(dict.fromkeys(each["parent"] for each in rows))}
    shown = rows[:ROWS_MOST]
    bars = format_html_join("", BAR_SVG, (bar(n, each, scale, colours, last) for n, each in enumerate(shown)))
    lines = format_html_join("", LINE_SVG, (line for n, each in enumerate(shown) for line in gradient(n, each, scale)))
    ticks = format_html_join("", TICK_SVG, ((round(LEFT + layer * scale), layer) for layer in ticks_to(last)))
    return format_html(
        '<svg class="layers" xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {w} {h}" width="{w}" height="{h}"'
        ' role="img" aria-label="Which layers come from which model">{ticks}{bars}{lines}</svg>',
        w=LEFT + WIDTH + 40,
        h=24 + ROW * len(shown),
        ticks=ticks if last else "",
        bars=bars,
        lines=lines,
    )


TICK_SVG = '<text class="heading" x="{}" y="14">{}</text>'
LINE_SVG = '<polyline class="gradient" points="{}"><title>{}</title></polyline>'
BAR_SVG = (
    '<text class="name" x="0" y="{}">{}</text><rect class="layer l-{}" x="{}" y="{}" width="{}" height="{}">'
    "<title>{}</title></rect>"
    '<text class="of" x="{}" y="{}">{}</text>'
)


def bar(number: int, each: dict, scale: float, colours: dict[str, int], last: int) -> tuple:
    first, end = each["child_layers"]
    own = "–".join(str(layer) for layer in each.get("parent_layers") or ())
    y = 24 + number * ROW
    x, width = LEFT + first * scale, max((end - first) * scale, 2)
    of = f"layers {own} of {each['parent']}" if own else each["parent"]
    title = f"Layers {first}–{end} come from {of}" if last else f"All layers take part of {of}, as {each['role']}"
    if each.get("module"):
        title += f" ({each['module']})"
    name = each["parent"] if len(each["parent"]) <= NAME_LETTERS else f"…{each['parent'][-NAME_LETTERS + 1 :]}"
    label = (own or each["role"].replace("_", " ")) if width > 40 else ""
    return (
        y + 14,
        name,
        colours[each["parent"]],
        round(x, 1),
        y,
        round(width, 1),
        BAR,
        title,
        round(x + 4, 1),
        y + 13,
        label,
    )


def gradient(number: int, each: dict, scale: float):
    """(points, title) of each gradient by which this input's share changes over the layers; 0 is the bar's foot.

    slerp's `t` is the share of what is not the base, so the base's bar has none.
    """
    parameters = each.get("parameters") or {}
    name = next((name for name in MIXING if name in parameters and (name, each["role"]) != ("t", "base")), "")
    first, end = each["child_layers"]
    for condition in conditions_of(parameters.get(name))[:3]:
        values = points(condition["value"], min(max(end - first, 16), POINTS_MOST))
        top = max((abs(value) for value in values), default=0) or 1
        y, step = 24 + number * ROW, (end - first) * scale / max(len(values) - 1, 1)
        way = " ".join(
            f"{LEFT + first * scale + n * step:.1f},{y + BAR - max(value, 0) / top * BAR:.1f}"
            for n, value in enumerate(values)
        )
        if way:
            yield way, f"{name} over the layers{' of ' + condition['filter'] if 'filter' in condition else ''}"


def ticks_to(last: int) -> list[int]:
    """Round numbers of layers for the axis, at most nine.

    >>> ticks_to(48)
    [0, 10, 20, 30, 40]
    """
    step = next(step for step in (1, 2, 5, 10, 20, 50, 100, 500, 1_000, 2_000) if last / step <= 8)
    return list(range(0, last + 1, step))
