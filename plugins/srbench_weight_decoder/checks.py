"""Checks of the numbers and names that a person sets."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from srbench_lite import UsageError

__all__ = ["check_choices", "check_numbers"]


def check_numbers(
    settings: object, *, at_least: Mapping[str, int], positive: Sequence[str] = (), shares: Sequence[str] = ()
) -> None:
    """Refuse attributes that are out of their range.

    Args:
        settings: whose attributes are checked.
        at_least: the least value of each whole number, by its name.
        positive: names of numbers that are above zero and finite.
        shares: names of numbers from 0 to 1.

    Raises:
        UsageError: a number is out of its range; names the attribute and shows the number.
    """
    for name, least in at_least.items():
        if getattr(settings, name) < least:
            raise UsageError(f"{name} must be at least {least}, got {getattr(settings, name)}")
    for name in positive:
        if not 0 < getattr(settings, name) < math.inf:
            raise UsageError(f"{name} must be positive, got {getattr(settings, name):g}")
    for name in shares:
        if not 0 <= getattr(settings, name) <= 1:
            raise UsageError(f"{name} must be a share, 0 to 1, got {getattr(settings, name):g}")


def check_choices(settings: object, choices: Mapping[str, Sequence[str]]) -> None:
    """Refuse attributes that are none of those allowed, by the name of the attribute.

    Raises:
        UsageError: an attribute is none of them; names it, shows its value and lists the others.
    """
    for name, allowed in choices.items():
        if getattr(settings, name) not in allowed:
            raise UsageError(f"{name} must be one of {', '.join(allowed)}, got {getattr(settings, name)!r}")
