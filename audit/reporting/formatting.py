"""Formatting: how numbers are written in a report.

One place for rounding, the true minus sign and the wording of very small numbers, so that
the same number looks the same on every page. An interval is always written in full beside
its estimate.
"""

import math
import re

from audit.records.estimates import Estimate

MINUS = "−"
_SMALLEST_P = 0.001


def number(value: float, places: int = 2) -> str:
    """Return a number with a true minus sign; never a minus zero."""
    text = f"{value:,.{places}f}"
    if float(text.replace(",", "")) == 0:
        text = text.lstrip("-")
    return text.replace("-", MINUS)


def signed(value: float, places: int = 2) -> str:
    """Return a number with its sign, zero without one."""
    text = number(value, places)
    if text.startswith(MINUS) or float(text.replace(",", "")) == 0:
        return text
    return f"+{text}"


def interval(estimate: Estimate, places: int = 2) -> str:
    """Return the 95 % interval, e.g. "−0.66 to −0.38"."""
    return f"{signed(estimate.low, places)} to {signed(estimate.high, places)}"


def interval90(estimate: Estimate, places: int = 2) -> str:
    """Return the 90 % interval."""
    return f"{signed(estimate.low90, places)} to {signed(estimate.high90, places)}"


def p_value(p: float | None) -> str:
    """Return a p-value to three places, or that there is none."""
    if p is None:
        return "none"
    return f"< {_SMALLEST_P}" if p < _SMALLEST_P else f"{p:.3f}"


def p_equals(p: float | None) -> str:
    """Return a p-value as it stands in a sentence, e.g. "p = 0.012"."""
    text = p_value(p)
    return f"p {text}" if text.startswith("<") else f"p = {text}"


def true_minus(text: str) -> str:
    """Return a sentence that holds numbers, each with a true minus sign."""
    return re.sub(r"(?<!\w)-(?=\d)", MINUS, text)


def percent(share: float, places: int = 0) -> str:
    """Return a share of one as a percentage."""
    return f"{number(100 * share, places)} %"


def share(probability: float) -> str:
    """Return a probability as a percentage that never reads as zero unless it is."""
    if 0 < probability < _SMALLEST_P:
        return f"< {percent(_SMALLEST_P, 1)}"
    return percent(probability, 1)


def points(difference: float) -> str:
    """Return a difference of two shares in percentage points."""
    return f"{signed(100 * difference, 1)} points"


def whole(count: int) -> str:
    """Return a count with its thousands set apart."""
    return f"{count:,}"


def counted(count: int, one: str, many: str = "") -> str:
    """Return a count with its noun, e.g. "1 finding", "3 findings"."""
    return f"{whole(count)} {one if count == 1 else many or one + 's'}"


def short(text: str, length: int = 12) -> str:
    """Return the beginning of a digest."""
    return text[:length]


def listed(items: list[str] | tuple[str, ...]) -> str:
    """Return "a", "a and b" or "a, b and c"."""
    return " and ".join(filter(None, (", ".join(items[:-1]), *items[-1:])))


def even_chance(log_odds: float) -> str:
    """Return what a chance of one half becomes when its log-odds move by so much."""
    return percent(1 / (1 + math.exp(-log_odds)))


def clipped(text: str, most: int) -> str:
    """Return the text cut at a word after so many characters, with an ellipsis if it was."""
    if len(text) <= most:
        return text
    head = text[:most]
    return f"{head.rsplit(' ', 1)[0].rstrip(' ,;:(')} …"


def capital(text: str) -> str:
    """Return the text with a capital at its beginning, the rest as it is."""
    return text[:1].upper() + text[1:]
