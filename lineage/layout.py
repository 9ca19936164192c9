"""Where each box of a drawn family stands: ancestors to the left, descendants to the right, one column a generation.

Leaves that come from the same node by the same relation fold into one box where there would be more boxes than anyone
reads; the table beside the drawing has them all. Values in, values out: the same family gives the same picture.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, field

BOXES_MOST = 36  # that fit a page and an eye
NEAR_TOP = 4  # rows below its first neighbour at which a box stands at the lowest: the root of a tall family is seen
KEEPS = (10**9, 24, 12, 6, 3, 1, 0)  # leaves of one parent and relation that stay boxes of their own
BOX_WIDTH, BOX_HEIGHT = 232, 42  # pixels
COLUMN_STEP, ROW_STEP = 322, 52
MARGIN, HEADING = 24, 30  # a margin holds a box's toggle

Key = Hashable


@dataclass(frozen=True)
class Person:
    """A node to draw: on which side of the root (root, above, below, newer), and how many generations away."""

    key: Key
    side: str
    depth: int


@dataclass(frozen=True)
class Tie:
    """A relation to draw."""

    child: Key
    parent: Key
    kind: str


@dataclass(frozen=True)
class Opened:
    """A node whose parents (`up`) or children (`down`) a reader asked for: each with the kind of its relation."""

    anchor: Key
    side: str
    neighbours: tuple[tuple[Key, str], ...]


@dataclass(frozen=True)
class Box:
    """A rectangle: one node, or `folded` leaves of one `anchor` and relation."""

    key: Key
    column: int
    x: float
    y: float
    folded: tuple[Key, ...] = ()
    anchor: Key = None
    kind: str = ""
    beyond: int = 0  # nodes further out that are left out behind this one


@dataclass(frozen=True)
class Line:
    """A relation between two boxes; `count` of them where leaves are folded."""

    child: Key
    parent: Key
    kind: str
    count: int = 1


@dataclass(frozen=True)
class Picture:
    boxes: tuple[Box, ...]
    lines: tuple[Line, ...]
    columns: tuple[int, ...]
    width: float
    height: float


@dataclass
class Branch:
    """One box while its place is sought, with the boxes further out that hang on it."""

    key: Key
    folded: tuple[Key, ...] = ()
    kind: str = ""
    anchor: Key = None
    further: list[Branch] = field(default_factory=list)
    beyond: int = 0
    row: float = 0.0
    turn: int = 1  # -1 where it stands on the side of its anchor that faces the root


def arrange(
    people: Sequence[Person], ties: Sequence[Tie], boxes_most: int = BOXES_MOST, opened: Sequence[Opened] = ()
) -> Picture:
    """The picture of a family in about `boxes_most` boxes, and those of opened nodes; `people` begin with the root.

    >>> people = [Person("me", "root", 0), Person("mum", "above", 1), Person("kid", "below", 1)]
    >>> picture = arrange(people, [Tie("me", "mum", "finetune"), Tie("kid", "me", "adapter")])
    >>> [(box.key, box.column) for box in picture.boxes]
    [('mum', -1), ('me', 0), ('kid', 1)]
    """
    root = people[0].key
    sides = {side: [each for each in people if each.side == side] for side in ("above", "below", "newer")}
    deepest = max((each.depth for each in people), default=0)
    keeps = [(keep, deepest) for keep in KEEPS] + [(0, depth) for depth in range(deepest - 1, 0, -1)]
    for keep, depth in keeps:
        trunks = {side: trunk(root, sides[side], ties, side, keep, depth) for side in ("above", "below")}
        if sum(size(each) for each in trunks.values()) - 1 + len(sides["newer"]) <= boxes_most:
            break
    hang(trunks, opened)
    return place(root, trunks, [each.key for each in sides["newer"]], ties)


def hang(trunks: dict[str, Branch], opened: Sequence[Opened]) -> None:
    """Hang the neighbours of opened nodes on their boxes; those that have a box already keep it."""
    at = {one.key: (one, side) for side in ("above", "below") for one in walk(trunks[side])}
    shown = at.keys() | {key for one, _ in at.values() for key in one.folded}
    for each in opened:
        if each.anchor not in at:
            continue  # it is folded
        branch, side = at[each.anchor]
        turn = 1 if (side == "above") == (each.side == "up") else -1
        for key, kind in each.neighbours:
            if key not in shown:
                shown |= {key}
                one = Branch(key, kind=kind, turn=turn)
                branch.further.append(one)
                at[key] = (one, side)


def size(branch: Branch) -> int:
    return sum(1 for _ in walk(branch))


def walk(branch: Branch):
    """The branch and all that hang on it, nearest first; without recursion, since families may be long chains."""
    stack = [branch]
    while stack:
        one = stack.pop()
        yield one
        stack.extend(reversed(one.further))


def trunk(root: Key, people: Sequence[Person], ties: Sequence[Tie], side: str, keep: int, depth: int) -> Branch:
    """One side as a tree: each node hangs on its first neighbour one generation nearer to the root."""
    depth_of = {each.key: each.depth for each in people} | {root: 0}
    inward: dict[Key, tuple[Key, str]] = {}
    for tie in ties:
        near, far = (tie.child, tie.parent) if side == "above" else (tie.parent, tie.child)
        if near in depth_of and depth_of.get(far) == depth_of[near] + 1:
            inward.setdefault(far, (near, tie.kind))
    hanging: dict[Key, list[Key]] = defaultdict(list)
    for each in people:
        hanging[inward.get(each.key, (root, ""))[0]].append(each.key)
    whole = Branch(root)
    grow(whole, hanging, depth_of, lambda key: inward.get(key, (root, ""))[1], keep, depth)
    return whole


def grow(
    whole: Branch,
    hanging: dict[Key, list[Key]],
    depth_of: dict[Key, int],
    kind_of: Callable[[Key], str],
    keep: int,
    depth: int,
) -> None:
    stack = [whole]
    while stack:
        branch = stack.pop()
        keys = hanging.get(branch.key, [])
        if depth_of[branch.key] >= depth:
            branch.beyond = beyond(branch.key, hanging)
            continue
        inner = [key for key in keys if hanging.get(key)]
        leaves: dict[str, list[Key]] = defaultdict(list)
        for key in keys:
            if not hanging.get(key):
                leaves[kind_of(key)].append(key)
        branch.further = [Branch(key, kind=kind_of(key)) for key in inner]
        stack += branch.further
        for kind, some in leaves.items():
            folds = len(some) > keep + 1  # a box for one leaf is no gain
            shown = some[:keep] if folds else some
            branch.further += [Branch(key, kind=kind) for key in shown]
            if folds:
                rest = tuple(some[keep:])
                branch.further.append(Branch(("folded", branch.key, kind), rest, kind, branch.key))


def beyond(key: Key, hanging: dict[Key, list[Key]]) -> int:
    """How many nodes hang on one, directly or not."""
    count, stack = 0, list(hanging.get(key, ()))
    while stack:
        count += 1
        stack += hanging.get(stack.pop(), ())
    return count


def set_rows(whole: Branch) -> None:
    """Give leaves the rows 0, 1, 2 … and every other branch the middle of its own, or near their top where they are
    many."""
    rows = 0
    order = list(walk(whole))
    for branch in order:
        if not branch.further:
            branch.row = rows
            rows += 1
    for branch in reversed(order):
        if branch.further:
            first, last = branch.further[0].row, branch.further[-1].row
            branch.row = min((first + last) / 2, first + NEAR_TOP)


def place(root: Key, trunks: dict[str, Branch], newer: Sequence[Key], ties: Sequence[Tie]) -> Picture:
    """Boxes at their pixels. Both sides are shifted so that they meet in the root."""
    for branch in trunks.values():
        set_rows(branch)
    level = max(max(branch.row for branch in trunks.values()), float(len(newer)))
    columns: dict[int, list[tuple[Branch, float]]] = defaultdict(list)
    for side, branch in trunks.items():
        shift, sign = level - branch.row, -1 if side == "above" else 1
        for one, column in with_columns(branch, sign):
            if one is not branch or side == "below":
                columns[column].append((one, one.row + shift))
    merged = trunks["below"]
    merged.beyond += trunks["above"].beyond
    for number, key in enumerate(newer):
        columns[0].append((Branch(key), level - len(newer) + number))
    spread(columns)
    used = sorted(columns)
    boxes = tuple(
        Box(
            key=one.key,
            column=column,
            x=MARGIN + index * COLUMN_STEP,
            y=HEADING + MARGIN + row * ROW_STEP,
            folded=one.folded,
            anchor=one.anchor,
            kind=one.kind,
            beyond=one.beyond,
        )
        for index, column in enumerate(used)
        for one, row in columns[column]
    )
    rows = 1 + max(row for some in columns.values() for _, row in some)
    width = 2 * MARGIN + (len(used) - 1) * COLUMN_STEP + BOX_WIDTH
    return Picture(boxes, lines_between(boxes, ties), tuple(used), width, HEADING + 2 * MARGIN + rows * ROW_STEP)


def spread(columns: dict[int, list[tuple[Branch, float]]]) -> None:
    """Sort each column by rows, and move down what stands on another: an opened branch may face the root."""
    for column, some in columns.items():
        last = -1.0
        apart = []
        for one, row in sorted(some, key=lambda each: each[1]):
            last = max(row, last + 1)
            apart.append((one, last))
        columns[column] = apart


def with_columns(whole: Branch, sign: int):
    """Each branch with its column, counted from the root's outwards."""
    stack = [(whole, 0)]
    while stack:
        branch, column = stack.pop()
        yield branch, column
        stack.extend((each, column + sign * each.turn) for each in reversed(branch.further))


def lines_between(boxes: Sequence[Box], ties: Sequence[Tie]) -> tuple[Line, ...]:
    """One line for each relation that is drawn; those of folded leaves become one line with their number."""
    box_of = {box.key: box.key for box in boxes} | {key: box.key for box in boxes for key in box.folded}
    counts: dict[tuple[Key, Key, str], int] = defaultdict(int)
    for tie in ties:
        if tie.child in box_of and tie.parent in box_of:
            counts[box_of[tie.child], box_of[tie.parent], tie.kind] += 1
    return tuple(Line(child, parent, kind, count) for (child, parent, kind), count in counts.items())
