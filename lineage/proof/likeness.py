"""Measures how alike the weights of two models are: identity, cosine, distance, and a control that knows no kinship.

Two models that were trained from different random starts have weights without correlation, whatever they learned; a
fine-tune stays close to where it began. Vectors such as norms are near one in every model and prove nothing, so only
matrices are counted, each less its mean. As a control the parent's rows are turned by several distances: that keeps
all statistics of a matrix but the one that kinship shows in, so that its spread tells what chance alone reaches.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np

from lineage.proof.rounding import STORED, rounded_to
from lineage.proof.weights import PIECE, Tensor

MATRIX_LEAST = 8  # rows and columns; what is smaller correlates by chance
CONTROLS = 16  # distances by which rows are turned; a single one is small by luck in one case of three
SPREADS = 8  # with 16 controls chance goes beyond so many spreads once in a million (Student's t)
CONTROL_ELEMENTS = 1 << 17  # of a matrix, for each of them


@dataclass(frozen=True)
class Likeness:
    """One pair of tensors. `cosine` and `control` are None where nothing can be said, as of constants."""

    name: str
    elements: int
    identical: bool
    cosine: float | None
    control: float | None
    relative_distance: float | None  # ‖child − parent‖ over ‖parent‖
    changed: float  # share of elements that differ
    is_matrix: bool
    is_rounded: bool = False  # the parent's values, stored in the child's type

    def as_dict(self) -> dict:
        return {
            "tensor": self.name,
            "elements": self.elements,
            "identical": self.identical,
            "cosine": rounded(self.cosine),
            "control": rounded(self.control),
            "relative_distance": rounded(self.relative_distance),
            "changed": rounded(self.changed),
        }


def rounded(value: float | None) -> float | None:
    return None if value is None else float(f"{value:.6g}")


class Sums:
    """Running sums of two streams: all that cosine and distance need. A piece is added up in its own precision."""

    def __init__(self):
        self.n = self.changed = 0
        self.p = self.c = self.pp = self.cc = self.pc = self.dd = 0.0

    def add(self, child: np.ndarray, parent: np.ndarray) -> None:
        products = products_of(child, parent)
        if not all(map(np.isfinite, products)):  # squares beyond float32
            products = products_of(child.astype(np.float64), parent.astype(np.float64))
        c, p, cc, pp, pc, dd, changed = products
        self.n, self.changed = self.n + child.size, self.changed + int(changed)
        self.c, self.p, self.cc, self.pp = self.c + c, self.p + p, self.cc + cc, self.pp + pp
        self.pc, self.dd = self.pc + pc, self.dd + dd

    @property
    def cosine(self) -> float | None:
        """Of the deviations from the means; None of a constant or of what is not finite."""
        child, parent = self.cc - self.c**2 / self.n, self.pp - self.p**2 / self.n
        if not (np.isfinite(child) and np.isfinite(parent)) or child <= 1e-12 * self.cc or parent <= 1e-12 * self.pp:
            return None
        return float(np.clip((self.pc - self.p * self.c / self.n) / np.sqrt(child * parent), -1, 1))


def products_of(child: np.ndarray, parent: np.ndarray) -> tuple[float, ...]:
    """Sums, squares, product, squared distance, and how many elements differ."""
    with np.errstate(over="ignore", invalid="ignore"):
        difference = child - parent
        sums = child.sum(dtype=np.float64), parent.sum(dtype=np.float64)
        squares = child @ child, parent @ parent, parent @ child, difference @ difference
        return (*map(float, (*sums, *squares)), float(np.count_nonzero(difference)))


def is_same(child: Tensor, parent: Tensor) -> bool:
    """Are the bytes of two tensors of one shape the same? Ends at the first piece that differs."""
    if child.dtype != parent.dtype:
        return False
    spans = ((first, min(first + PIECE, child.elements)) for first in range(0, child.elements, PIECE))
    return all(np.array_equal(child.raw(*span), parent.raw(*span)) for span in spans)


def liken(child: Tensor, parent: Tensor) -> Likeness:
    """Measure one pair of the same shape."""
    rows = child.shape[0] if len(child.shape) >= 2 else 0
    is_matrix = rows >= MATRIX_LEAST and child.elements // rows >= MATRIX_LEAST
    if is_same(child, parent):
        return Likeness(
            child.name, child.elements, True, 1.0, control_of(child, parent, is_matrix), 0.0, 0.0, is_matrix
        )
    sums, is_rounded = Sums(), child.dtype in STORED and child.dtype != parent.dtype
    for first in range(0, child.elements, PIECE):
        last = min(first + PIECE, child.elements)
        low, high = child.values(first, last), parent.values(first, last)
        sums.add(low, high)
        is_rounded = is_rounded and np.array_equal(rounded_to(high, child.dtype), low)
    distance = float(np.sqrt(sums.dd / sums.pp)) if sums.pp and np.isfinite(sums.dd) else None
    changed = sums.changed / sums.n if sums.n else 0.0
    cosine, control = sums.cosine if sums.n else None, control_of(child, parent, is_matrix)
    return Likeness(child.name, child.elements, False, cosine, control, distance, changed, is_matrix, is_rounded)


def control_of(child: Tensor, parent: Tensor, is_matrix: bool) -> float | None:
    """The root mean square of the cosines with the parent's rows turned, over the first rows of the matrix."""
    if not is_matrix:
        return None
    width = child.elements // child.shape[0]
    rows = max(2, min(child.shape[0], CONTROL_ELEMENTS // width))
    low, high = child.values(0, rows * width), parent.values(0, rows * width).reshape(rows, width)
    found = []
    for distance in sorted({max(1, rows * step // (CONTROLS + 1)) for step in range(1, CONTROLS + 1)}):
        sums = Sums()
        sums.add(low, np.roll(high, distance, axis=0).ravel())
        found += [] if sums.cosine is None else [sums.cosine]
    return float(np.sqrt(np.mean(np.square(found)))) if found else None


@dataclass(frozen=True)
class Summary:
    """A model against a parent, over all matrices that could be compared."""

    tensors: int
    identical: int
    rounded: int  # identical, or the parent's values in the child's type
    matrices: int
    cosine: float | None  # the median over matrices
    least_cosine: float | None  # the tenth percentile
    control: float | None  # the largest over the matrices
    unlike: float | None  # share of matrices that are no more alike than the control
    relative_distance: float | None
    changed: float | None

    def as_dict(self) -> dict:
        return {
            "tensors_compared": self.tensors,
            "tensors_identical": self.identical,
            "tensors_identical_but_for_type": self.rounded,
            "matrices_compared": self.matrices,
            "median_cosine": rounded(self.cosine),
            "tenth_percentile_cosine": rounded(self.least_cosine),
            "largest_control": rounded(self.control),
            "share_unlike": rounded(self.unlike),
            "median_relative_distance": rounded(self.relative_distance),
            "share_of_elements_changed": rounded(self.changed),
        }


def summary(rows: Iterable[Likeness]) -> Summary:
    """The figures of all pairs together."""
    rows = list(rows)
    matrices = [row for row in rows if row.is_matrix and row.cosine is not None]
    cosines = [row.cosine for row in matrices]
    controls = [abs(row.control) for row in matrices if row.control is not None]
    elements = sum(row.elements for row in rows)
    unlike = [row for row in matrices if abs(row.cosine) <= chance(row)]
    distances = [row.relative_distance for row in matrices if row.relative_distance is not None]
    return Summary(
        tensors=len(rows),
        identical=sum(row.identical for row in rows),
        rounded=sum(row.identical or row.is_rounded for row in rows),
        matrices=len(matrices),
        cosine=middle(np.median, cosines),
        least_cosine=middle(lambda values: np.percentile(values, 10), cosines),
        control=max(controls, default=None),
        unlike=len(unlike) / len(matrices) if matrices else None,
        relative_distance=middle(np.median, distances),
        changed=sum(row.changed * row.elements for row in rows) / elements if elements else None,
    )


def chance(row: Likeness) -> float:
    """The cosine that two unrelated matrices of this size do not reach."""
    control = abs(row.control or 0.0)
    return max(5 / np.sqrt(row.elements), min(SPREADS * control, (1 + control) / 2), 0.01)


def middle(of: Callable, values: list[float]) -> float | None:
    return float(of(values)) if values else None
