"""Writes out the arithmetic behind a plausibility check, so that a reader can do it again."""

from __future__ import annotations

from decimal import Decimal


def figure(number: float) -> str:
    """A number to four digits, in fixed point.

    >>> figure(70300.4), figure(0.000012345)
    ('70300', '0.00001234')
    """
    return f"{Decimal(f'{number:.4g}'):f}"


def arithmetic(check: dict, emissions_g: float | None) -> list[str]:
    """One line a step, from the numbers that a check stored; none where it had no numbers to reckon with.

    >>> arithmetic({"numbers": {"energy_kwh": [2.0], "from": ["2 kWh"], "intensity_g_per_kwh": 50.0,
    ...     "grid_g_per_kwh": [20.0, 1000.0]}}, 100.0)
    ['2 kWh = 2 kWh', '100 g / 2 kWh = 50 g/kWh; a grid carries 20 to 1000']
    """
    numbers = check.get("numbers") or {}
    if "expected_g" in numbers:
        return product(numbers, emissions_g)
    if "grid_g_per_kwh" in numbers and emissions_g is not None:
        return quotients(numbers, emissions_g)
    if "header_g" in numbers:
        return ratios(numbers)
    if numbers.get("ancestor_g") and emissions_g:
        times = figure(numbers["ancestor_g"] / emissions_g)
        return [f"{numbers['ancestor']}: {figure(numbers['ancestor_g'])} g / {figure(emissions_g)} g = {times}"]
    return [str(line) for line in (numbers.get("problems") or numbers.get("doubts") or ())]


def quotients(numbers: dict, emissions_g: float) -> list[str]:
    """Emissions over each reading of the energy."""
    low, high = map(figure, numbers["grid_g_per_kwh"])
    lines = []
    for kwh, words in zip(numbers["energy_kwh"], numbers["from"], strict=False):
        lines.append(f"{words} = {figure(kwh)} kWh")
        if kwh:
            quotient = f"{figure(emissions_g)} g / {figure(kwh)} kWh = {figure(emissions_g / kwh)} g/kWh"
            lines.append(f"{quotient}; a grid carries {low} to {high}")
    return lines


def product(numbers: dict, emissions_g: float | None) -> list[str]:
    """Energy times intensity, with and without the overhead of the data centre."""
    first, *with_pue = dict.fromkeys(numbers["expected_g"])
    lines = [
        f"{figure(numbers['energy_kwh'])} kWh x {figure(numbers['intensity_g_per_kwh'])} g/kWh = {figure(first)} g"
    ]
    lines += [f"times PUE: {figure(grams)} g" for grams in with_pue]
    if emissions_g is not None and numbers.get("ratio"):
        lines.append(f"stated: {figure(emissions_g)} g, {figure(numbers['ratio'])} of it")
    return lines


def ratios(numbers: dict) -> list[str]:
    """The header over each other statement."""
    header = numbers["header_g"]
    return [
        f"{figure(header)} g / {figure(other)} g = {figure(header / other)}"
        for other in numbers.get("other_g", ())
        if other
    ]
