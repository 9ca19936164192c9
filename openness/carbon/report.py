"""What one repository says of its emissions: statements, each with its words and its place."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

SOURCES = ("metadata", "body", "csv")  # the order in which they are believed


@dataclass(frozen=True)
class Statement:
    """One thing that is said. Values of `emissions` are grams, of `energy` kWh, of `duration` hours."""

    name: str
    value: object
    raw: str
    source: str
    field: str | None = None
    lines: tuple[int, int] | None = None


@dataclass(frozen=True)
class Amount:
    """A reading of one statement of emissions. `grams` is None where it cannot be read; `problem` then says why."""

    raw: str
    grams: float | None = None
    unit: str = ""
    unit_assumed: bool = False
    low_g: float | None = None
    high_g: float | None = None
    problem: str = ""


@dataclass(frozen=True)
class Run:
    """The last row that codecarbon wrote of one run. Its own unit of emissions is the kilogram."""

    run_id: str
    path: str
    emissions_kg: float
    is_named: bool = True
    """whether `run_id` is the file's own, so that it is the same run in another file"""
    energy_kwh: float | None = None
    duration_s: float | None = None
    cpu_energy_kwh: float | None = None
    gpu_energy_kwh: float | None = None
    ram_energy_kwh: float | None = None
    gpu_count: int | None = None
    gpu_model: str = ""
    cpu_model: str = ""
    country: str = ""
    region: str = ""
    latitude: float | None = None
    longitude: float | None = None
    pue: float | None = None
    version: str = ""
    tracking_mode: str = ""
    on_cloud: str = ""
    ram_gb: float | None = None
    ended_at: str = ""


@dataclass(frozen=True)
class Report:
    """Everything that is said, in the order of SOURCES, and what could not be read."""

    statements: tuple[Statement, ...] = ()
    runs: tuple[Run, ...] = ()
    problems: tuple[str, ...] = ()
    has_key: bool = False  # the header holds `co2_eq_emissions`, whatever stands there

    def all(self, name: str, source: str | None = None) -> Iterator[Statement]:
        return (s for s in self.statements if s.name == name and source in (None, s.source))

    def first(self, name: str, source: str | None = None) -> Statement | None:
        return next(self.all(name, source), None)

    def value(self, name: str) -> object | None:
        statement = self.first(name)
        return statement.value if statement else None

    def amount(self, source: str | None = None) -> Statement | None:
        """The statement of emissions that could be read, from the most believed source that has one."""
        return next((s for s in self.all("emissions", source) if s.value.grams is not None), None)


@dataclass
class Notes:
    """Collects what one source says while it is read."""

    source: str
    statements: list[Statement] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)

    def add(self, name: str, value: object, raw: str, field: str | None = None, line: int | None = None) -> None:
        lines = (line, line) if line else None
        self.statements.append(Statement(name, value, raw[:200], self.source, field, lines))

    def has(self, name: str) -> bool:
        return any(statement.name == name for statement in self.statements)
