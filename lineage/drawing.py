"""Draws a family as SVG: links that the keyboard reaches, classes for colours, no script and no inline style."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from urllib.parse import urlencode

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe

from lineage.colouring import Colouring
from lineage.expansion import Expansion
from lineage.layout import BOX_HEIGHT, BOX_WIDTH, BOXES_MOST, HEADING, Box, Line, Person, Picture, Tie, arrange
from lineage.queries import Placed, Subgraph
from lineage.sight import Seen

NAME_LETTERS = 27  # that fit a box
OWNER_LETTERS = 31
WORDS = {
    "finetune": "fine-tune",
    "adapter": "adapter",
    "quantized": "quantization",
    "merge": "merge",
    "moe_expert": "mixture of experts",
    "distilled": "distillation",
    "pruned": "pruning",
    "edited": "edit",
    "converted": "conversion",
    "copied": "copy",
    "new_version": "newer version",
    "tokenizer_source": "tokenizer",
    "trained_on": "trained on",
    "derived_data": "derived data",
    "uses": "uses",
    "duplicated_from": "duplicate",
    "unknown": "relation unknown",
}


@dataclass(frozen=True)
class Look:
    """What a box says: two lines, a tooltip, an address, classes."""

    name: str
    note: str
    title: str
    href: str
    classes: str
    goes_on: bool = False


def cut(text: str, letters: int) -> str:
    """`text` in at most `letters` letters, its middle left out.

    >>> cut("Llama-3.2-1B-Instruct-GGUF", 16)
    'Llama-3.…ct-GGUF'
    """
    if len(text) <= letters:
        return text
    head = (letters - 1 + 1) // 2
    return f"{text[:head]}…{text[-(letters - 1 - head) :]}"


@dataclass(frozen=True)
class Extras:
    """What a page adds to a drawn family: opened nodes, colours, and the address that opens or closes a node."""

    expansion: Expansion | None = None
    colours: Colouring = field(default_factory=Colouring)
    toggle: Callable[[str, int], str] | None = None  # side and node -> address of the page with that opening toggled


def draw(graph: Subgraph, boxes_most: int = BOXES_MOST, extras: Extras | None = None) -> SafeString:
    """The subgraph as one SVG element of about `boxes_most` boxes, and what `extras` add."""
    extras = extras or Extras()
    people = [Person(placed.node.key, placed.side, placed.depth) for placed in graph.nodes]
    edges = extras.expansion.edges if extras.expansion else graph.edges
    ties = [Tie(edge.child_id, edge.parent_id, edge.kind) for edge in edges]
    if people[0].side != "root":
        people = [Person(graph.root.key, "root", 0), *people]
    picture = arrange(people, ties, boxes_most, extras.expansion.opened if extras.expansion else ())
    return svg(graph, picture, extras)


def svg(graph: Subgraph, picture: Picture, extras: Extras) -> SafeString:
    nodes = {placed.node.key: placed for placed in graph.nodes} | {graph.root.key: Placed(graph.root, "root", 0)}
    if extras.expansion:
        nodes |= {key: Placed(node, "opened", 0) for key, node in extras.expansion.nodes.items()}
    boxes = {box.key: box for box in picture.boxes}
    headings = format_html_join("", '<text class="heading" x="{}" y="{}">{}</text>', headings_of(picture))
    lines = mark_safe("".join(line_svg(line, boxes, extras.colours) for line in picture.lines))
    open_keys = {node.key for node in graph.frontier}
    drawn = mark_safe(
        "".join(
            box_svg(box, look(box, nodes, open_keys, extras.colours)) + toggles(box, nodes, extras)
            for box in picture.boxes
        )
    )
    return format_html(
        '<svg class="family" xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {w} {h}" width="{w}" height="{h}"'
        ' role="group" aria-label="{label}">{headings}<g class="ties" aria-hidden="true">{lines}</g>{drawn}</svg>',
        w=round(picture.width),
        h=round(picture.height),
        label=f"The family of {graph.root.label}: ancestors to the left, descendants to the right",
        headings=headings,
        lines=lines,
        drawn=drawn,
    )


def headings_of(picture: Picture):
    for column in picture.columns:
        x = next(box.x for box in picture.boxes if box.column == column)
        yield x, HEADING - 8, heading(column)


def heading(column: int) -> str:
    """
    >>> [heading(column) for column in (-2, -1, 0, 1, 3)]
    ['2 generations up', 'comes from', 'this one', 'made from it', '3 generations down']
    """
    near = {-1: "comes from", 0: "this one", 1: "made from it"}
    return near.get(column) or f"{abs(column)} generations {'up' if column < 0 else 'down'}"


def look(box: Box, nodes: dict[int, Placed], open_keys: set[int], colours: Colouring) -> Look:
    if box.folded:
        return folded_look(box, nodes)
    placed = nodes[box.key]
    node = placed.node
    owner, _, name = node.label.rpartition("/")
    colour, word = colours.nodes.get(node.key, ("", ""))
    state = "" if node.state == "mirrored" else STATE_WORDS[node.state]
    notes = [word or owner, WORDS.get(box.kind, ""), state if state != word else ""]
    more = box.beyond or (1 if node.key in open_keys and placed.side != "root" else 0)
    classes = [
        "box",
        f"is-{node.state}",
        f"kind-{node.kind}",
        f"c-{colour}" if colour else f"r-{box.kind}" if box.kind and not colours.edges else "",
    ]
    classes += ["is-root"] if placed.side == "root" else []
    notes += [f"+{box.beyond}" if box.beyond else ""]
    title = f"{node.label} ({node.kind}{'' if node.state == 'mirrored' else ', ' + STATE_WORDS[node.state]})"
    title += f", {word}" if word else ""
    return Look(
        name=cut(name, NAME_LETTERS),
        note=cut(" · ".join(note for note in notes if note), OWNER_LETTERS),
        title=title + ("; the graph goes on from here" if more else ""),
        href=node.path,
        classes=" ".join(each for each in classes if each),
        goes_on=bool(more),
    )


STATE_WORDS = {"mirrored": "mirrored", "gone": "gone from the Hub", "dangling": "not mirrored"}


def folded_look(box: Box, nodes: dict[int, Placed]) -> Look:
    anchor: Seen = nodes[box.anchor].node
    words = WORDS.get(box.kind, box.kind)
    side = "up" if box.column < 0 else "down"
    href = (
        f"{anchor.path}?{urlencode({'relation': box.kind, side: 1})}" if anchor.path and box.kind else "#family-table"
    )
    return Look(
        name=f"{len(box.folded)} more",
        note=words,
        title=f"{len(box.folded)} more by {words}, {'above' if side == 'up' else 'from'} {anchor.label}",
        href=href,
        classes=f"box is-folded r-{box.kind}",
    )


def box_svg(box: Box, seen: Look) -> SafeString:
    inside = format_html(
        '<title>{}</title><rect x="{}" y="{}" width="{}" height="{}" rx="5"/>'
        '<text class="name" x="{}" y="{}">{}</text><text class="of" x="{}" y="{}">{}</text>',
        seen.title,
        round(box.x, 1),
        round(box.y, 1),
        BOX_WIDTH,
        BOX_HEIGHT,
        round(box.x + 10, 1),
        round(box.y + 18, 1),
        seen.name,
        round(box.x + 10, 1),
        round(box.y + 33, 1),
        seen.note,
    )
    if seen.goes_on:
        x = box.x - 9 if box.column < 0 else box.x + BOX_WIDTH + 3
        inside += format_html(
            '<path class="mark" d="M{} {}h6m-3 -3v6"/>', round(x, 1), round(box.y + BOX_HEIGHT / 2, 1)
        )
    if not seen.href:
        return format_html('<g class="{}">{}</g>', seen.classes, inside)
    return format_html('<a class="{}" href="{}" aria-label="{}">{}</a>', seen.classes, seen.href, seen.title, inside)


def toggles(box: Box, nodes: dict[int, Placed], extras: Extras) -> SafeString:
    """The small links at a box that open or close its parents, to the left, and its children, to the right."""
    if extras.toggle is None or extras.expansion is None or box.folded:
        return mark_safe("")
    label, more = nodes[box.key].node.label, extras.expansion
    found = []
    for side, can, x in (("up", more.more_up, box.x - 22), ("down", more.more_down, box.x + BOX_WIDTH + 4)):
        is_open = (side, box.key) in more.wanted
        if is_open or box.key in can:
            what = "what it comes from" if side == "up" else "what is made from it"
            words = f"{'Hide' if is_open else 'Show'} {what}: {label}"
            found.append(
                (round(x, 1), round(box.y + 12, 1), extras.toggle(side, box.key), words, "−" if is_open else "+")
            )
    return format_html_join("", TOGGLE_SVG, found)


# An HTML link inside the SVG: htmx boosts no SVG links, and the keyboard reaches both alike.
TOGGLE_SVG = (
    '<foreignObject x="{}" y="{}" width="18" height="18">'
    '<a xmlns="http://www.w3.org/1999/xhtml" class="toggle" href="{}" aria-label="{}">{}</a></foreignObject>'
)


def line_svg(line: Line, boxes: dict, colours: Colouring) -> SafeString:
    """A curve from the parent to the child, with a tip at the child; one that leads back goes around."""
    if (line.child, line.parent) in colours.edges:
        line = replace(line, kind=f"{line.kind} c-{colours.edges[line.child, line.parent][0]}")
    child, parent = boxes[line.child], boxes[line.parent]
    if line.child == line.parent:
        return path_svg(line, f"M{child.x + 150:.0f} {child.y:.0f}c-14 -26 44 -26 30 0", is_back=True)
    if child.x <= parent.x:
        return back_svg(line, child, parent)
    start, end = (parent.x + BOX_WIDTH, parent.y + BOX_HEIGHT / 2), (child.x - 6, child.y + BOX_HEIGHT / 2)
    bend = min((end[0] - start[0]) / 2, 60)
    path = curve(start, (start[0] + bend, start[1]), (end[0] - bend, end[1]), end)
    return path_svg(line, path, tip=f"M{end[0] - 2:.0f} {end[1] - 4:.1f}l8 4l-8 4z")


def back_svg(line: Line, child: Box, parent: Box) -> SafeString:
    """A relation within one column, or from a later generation to an earlier one: on a cycle, or to a newer version."""
    start, end = (
        (parent.x + BOX_WIDTH, parent.y + BOX_HEIGHT / 2 + 6),
        (child.x + BOX_WIDTH + 6, child.y + BOX_HEIGHT / 2 + 6),
    )
    bulge = max(start[0], end[0]) + 34
    path = curve(start, (bulge, start[1]), (bulge, end[1]), end)
    return path_svg(line, path, tip=f"M{end[0] + 2:.0f} {end[1] - 4:.1f}l-8 4l8 4z", is_back=True)


def curve(*points: tuple[float, float]) -> str:
    """The path of a cubic curve through its four points."""
    start, *rest = (f"{x:.0f} {y:.1f}" for x, y in points)
    return f"M{start}C{' '.join(rest)}"


def path_svg(line: Line, path: str, *, tip: str = "", is_back: bool = False) -> SafeString:
    drawn = format_html('<path class="tie r-{}{}" d="{}"/>', line.kind, " is-back" if is_back else "", path)
    return drawn + format_html('<path class="tip r-{}" d="{}"/>', line.kind, tip) if tip else drawn
