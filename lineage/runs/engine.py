"""Computes all items of a suite batch by batch: encoding runs ahead, memory that runs out halves the batches.

A task encodes items, computes a batch and reads answers off what was computed; the engine knows nothing of models.
"""

from __future__ import annotations

import gc
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any, Protocol

import torch

from lineage.runs.batches import Plan, cut, in_order
from lineage.runs.problems import MEMORY_SIGNS, OutOfMemory
from lineage.suites import Item

WINDOW = 4_096  # items that are encoded at once, one window ahead of the one being computed
TOLD_EVERY_S = 0.5


@dataclass
class Encoded:
    """One item as a model reads it. `length` counts tokens (or whatever a task's cost grows with)."""

    item: Item
    length: int
    parts: Any = None


class Task(Protocol):
    def encode(self, items: Sequence[Item]) -> list[Encoded]: ...

    def compute(self, batch: Sequence[Encoded]) -> Any:
        """The small tensors that answers are read off, still on the device."""

    def answers(self, batch: Sequence[Encoded], computed: Any) -> list[dict]:
        """One record an item: prediction, margin."""


@dataclass
class Figures:
    """What a run cost. Tokens are counted without padding; `computed_tokens` with it."""

    items: int = 0
    tokens: int = 0
    computed_tokens: int = 0
    batches: int = 0
    halved: int = 0
    forward_s: float = 0.0
    wall_s: float = 0.0
    cpu_s: float = 0.0
    """of the process, all threads: what `wall_s` cannot tell on a machine with other work"""
    events: list = field(default_factory=list, repr=False)


class Engine:
    """One pass of a task over items."""

    def __init__(
        self, task: Task, plan: Plan, device: torch.device, emit: Callable[[list[dict]], None], tell: Callable
    ):
        self.task, self.plan, self.device, self.emit, self.tell = task, plan, device, emit, tell
        self.figures = Figures()
        self.waiting: deque = deque()
        self.total = self.work = self.done_work = 0
        self.told = 0.0

    def run(self, items: Sequence[Item]) -> Figures:
        """Compute every item once, or raise BadRun; none is skipped."""
        self.total, self.work = len(items), sum(cost(item) for item in items)
        self.began, self.began_cpu = time.perf_counter(), time.process_time()
        with torch.inference_mode():
            for window in self.windows(items):
                self.run_window(window)
            self.settle(0)
        self.close()
        return self.figures

    def windows(self, items: Sequence[Item]) -> Iterator[list[Encoded]]:
        """Items encoded window by window, one ahead, in the plan's order of length."""
        order = in_order([cost(item) for item in items], self.plan.order)
        parts = [[items[place] for place in order[at : at + WINDOW]] for at in range(0, len(order), WINDOW)]
        with ThreadPoolExecutor(1) as ahead:
            following = ahead.submit(self.task.encode, parts[0])
            for part in [*parts[1:], None]:
                encoded = following.result()
                if part is not None:
                    following = ahead.submit(self.task.encode, part)
                places = in_order([one.length for one in encoded], self.plan.order)
                yield [encoded[place] for place in places]

    def run_window(self, window: list[Encoded]) -> None:
        """Batches under the plan as it is now; what is left is cut anew whenever the plan has to shrink."""
        left = window
        while left:
            part = next(cut([one.length for one in left], self.plan))
            batch, left = left[part], left[part.stop :]
            computed = self.compute(batch)
            if computed is None:
                left = [*batch, *left]
                continue
            self.waiting.append((batch, computed))
            self.settle(1 if self.device.type == "cuda" else 0)

    def compute(self, batch: list[Encoded]) -> Any:
        """What the task computes; None where memory ran out, and then the plan is half as large."""
        began = time.perf_counter()
        start = self.mark()
        problem = None
        try:
            computed = self.task.compute(batch)
        except (RuntimeError, MemoryError) as error:
            if not is_want_of_memory(error):
                raise
            problem = str(error)[:200]
        if problem is not None:  # outside of the except block, whose traceback keeps tensors alive
            self.make_room(batch)
            return None
        self.figures.events.append((start, self.mark()))
        self.figures.forward_s += time.perf_counter() - began
        self.figures.batches += 1
        self.figures.tokens += sum(one.length for one in batch)
        self.figures.computed_tokens += max(one.length for one in batch) * len(batch)
        return computed

    def make_room(self, batch: list[Encoded]) -> None:
        """Read off what is computed, give memory back and halve the plan. Raises OutOfMemory at a single item."""
        self.settle(0)
        gc.collect()
        if self.device.type == "cuda":
            torch.cuda.empty_cache()
        self.figures.halved += 1
        if len(batch) == 1:
            raise OutOfMemory(f"There is too little memory for one item: {batch[0].item.id!r} alone does not fit.")
        while len(batch) <= self.plan.rows and max(one.length for one in batch) * len(batch) <= self.plan.tokens:
            self.plan = self.plan.halved()

    def settle(self, keep: int) -> None:
        """Read the answers of all but the last `keep` batches, and hand them on."""
        while len(self.waiting) > keep:
            batch, computed = self.waiting.popleft()
            self.emit(self.task.answers(batch, computed))
            self.figures.items += len(batch)
            self.done_work += sum(cost(one.item) for one in batch)
            self.progress()

    def progress(self) -> None:
        """Say how far it is: items, items a second, seconds left by the length of what is left."""
        passed = time.perf_counter() - self.began
        if passed - self.told < TOLD_EVERY_S or not self.done_work:
            return
        self.told = passed
        left_s = passed * (self.work - self.done_work) / self.done_work
        self.tell(self.figures.items, self.total, self.figures.items / passed, left_s)

    def mark(self):
        """A point in the GPU's own time; None on a CPU, which computes before it returns."""
        if self.device.type != "cuda":
            return None
        event = torch.cuda.Event(enable_timing=True)
        event.record()
        return event

    def close(self) -> None:
        """Add up the times. On a GPU the forward pass is what its own events say."""
        if self.device.type == "cuda":
            torch.cuda.synchronize()
            self.figures.forward_s = sum(a.elapsed_time(b) for a, b in self.figures.events) / 1_000
        self.figures.wall_s = time.perf_counter() - self.began
        self.figures.cpu_s = time.process_time() - self.began_cpu


def cost(item: Item) -> int:
    """A first guess at an item's length, in characters; pictures are all alike."""
    return 1 + len(item.input) + len(item.pair or "") + sum(len(choice) for choice in item.choices)


def is_want_of_memory(error: BaseException) -> bool:
    """Whether an error says that memory ran out, on a GPU or on the host."""
    if isinstance(error, MemoryError | torch.OutOfMemoryError):
        return True
    return any(sign in str(error) for sign in MEMORY_SIGNS)
