"""Whether an amount is so particular that two cards do not state it by chance."""

from __future__ import annotations

from decimal import Decimal

# Two in a thousand reports, spread over six powers of ten, share four digits by chance; five hardly ever.
DIGITS_LEAST = 5
FROM_DOCUMENTATION_G = (1.2345, 123.45)


def uncommon(grams: float) -> bool:
    """Whether `grams` has at least five digits that say something, and is not the documentation's example.

    >>> uncommon(0.012147398577917884), uncommon(149200.0), uncommon(17.0), uncommon(123.45), uncommon(0.0)
    (True, False, False, False, False)
    """
    if not grams or grams in FROM_DOCUMENTATION_G:
        return False
    return len(Decimal(repr(grams)).normalize().as_tuple().digits) >= DIGITS_LEAST
