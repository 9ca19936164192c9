"""Figures of a comparison as people read them; what is undefined shows as a dash."""

from django import template

from lineage.upgrades import upgrades_of

register = template.Library()
DASH = "–"
TONES = {"pass": "good", "fail": "bad", "unknown": "unknown"}


@register.filter
def percent(fraction: float | None) -> str:
    """Three significant digits.

    >>> percent(0.01234), percent(None), percent(0)
    ('1.23 %', '–', '0 %')
    """
    return DASH if fraction is None else f"{100 * fraction:.3g} %"


@register.filter
def signed_percent(fraction: float | None) -> str:
    """With its sign, in percentage points."""
    return DASH if fraction is None else f"{100 * fraction:+.3g} pp".replace("-", "−")


@register.filter
def decimal(value: float | None) -> str:
    """Three significant digits, or a dash."""
    return DASH if value is None else f"{value:.3g}"


@register.filter
def p_value(p: float | None) -> str:
    """A probability; below a ten-thousandth in powers of ten.

    >>> p_value(0.25), p_value(3e-7), p_value(None)
    ('0.25', '3.0e-07', 'not tested')
    """
    if p is None:
        return "not tested"
    return f"{p:.3g}" if p >= 1e-4 else f"{p:.1e}"


@register.filter
def verdict_tone(verdict: str | None) -> str:
    """The tone of a verdict's chip."""
    return TONES.get(verdict, "")


@register.inclusion_tag("lineage/_upgrades.html", takes_context=True)
def upgrades(context, repo) -> dict:
    """The older and newer versions of a model, each with its last comparison."""
    request = context.get("request")
    return {"repo": repo, "upgrades": upgrades_of(repo, request.user if request else None)}


@register.filter
def words(text: str) -> list[str]:
    """A literal list in a template."""
    return text.split()


@register.filter
def share_of(count: int | None, whole: int) -> float | None:
    """A fraction; None where either is unknown or nothing."""
    return count / whole if count is not None and whole else None
