"""Variants of a method made by its parameters: what each is called beside a base, and which of them is the base."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

from srbench_lite.errors import UnknownNameError, UsageError

__all__ = ["ABSENT", "Parameters", "differences", "find_base", "said_of"]

#: Hyper-parameters of a run by name.
Parameters = Mapping[str, Any]

#: Stands for the value of a hyper-parameter that a run does not have, as of an older version of its method.
ABSENT: Final = "absent"
#: Where one NAME=VALUE ends and another begins: values may hold commas, as `[8, 8]` does.
_BETWEEN: Final = re.compile(r",\s*(?=[\w.-]+\s*=)")


def differences(variant: Parameters, base: Parameters) -> dict[str, Any]:
    """Return the parameters in which a variant differs from a base, with its values; `ABSENT` where it has none."""
    names = sorted({*variant, *base})
    return {
        name: variant.get(name, ABSENT)
        for name in names
        if _text(variant.get(name, ABSENT)) != _text(base.get(name, ABSENT))
    }


def said_of(changes: Parameters) -> str:
    """Return what differs, as tables show it: `restarts=1, no seconds`; empty where nothing does."""
    return ", ".join(f"no {name}" if value is ABSENT else f"{name}={value}" for name, value in changes.items())


def find_base(
    variants: Sequence[Parameters], *, asked: Sequence[str] = (), defaults: Parameters | None = None, method: str = "",
    option: str = "--base",
) -> Parameters:  # fmt: skip
    """Return the variant with which the others are compared.

    It is the one with the values that were asked for; of several, or where nothing was asked, the one that differs from
    the defaults in the fewest parameters that both have. Where the defaults are not known, or several differ from them
    as little, it is the one from which the others differ in the fewest parameters.

    Args:
        variants: all that there are, no two alike, at least one.
        asked: texts with NAME=VALUE, several with commas between; also as tables call a variant: METHOD [NAME=VALUE].
        defaults: of the method as it is installed; None where it is not.
        method: its name, for what was asked.
        option: by which users ask, for errors.

    Raises:
        UnknownNameError: no variant has such a parameter.
        UsageError: no variant has the values, or it cannot be told which one is meant.
    """
    wanted = _settings(asked, method, variants, option)
    fitting = [one for one in variants if all(_is(one.get(name, ABSENT), text) for name, text in wanted.items())]
    if not fitting:
        listed = ", ".join(f"{name}={text}" for name, text in wanted.items())
        raise UsageError(f"no variant has {listed}; there are: {_values(variants, wanted)}")
    if defaults is not None:
        fitting = _nearest(fitting, [len(_shared_differences(one, defaults)) for one in fitting])
    fitting = _nearest(fitting, [sum(len(differences(other, one)) for other in variants) for one in fitting])
    if len(fitting) > 1:
        names = sorted({name for one in fitting for name in differences(one, fitting[0])})
        texts = "; ".join(", ".join(f"{name}={one.get(name, ABSENT)}" for name in names) for one in fitting)
        raise UsageError(f"which variant is meant cannot be told; write {option} with one of: {texts}")
    return fitting[0]


def _settings(asked: Sequence[str], method: str, variants: Sequence[Parameters], option: str) -> dict[str, str]:
    """Return the texts of values by parameter that NAME=VALUE, METHOD.NAME=VALUE or METHOD [NAME=VALUE] say."""
    known = sorted({name for one in variants for name in one})
    wanted = {}
    for text in asked:
        inner = text.strip()
        if inner.startswith(f"{method} [") and inner.endswith("]"):
            inner = inner[len(method) + 2 : -1]
        for part in _BETWEEN.split(inner):
            name, equals, value = part.partition("=")
            name = name.strip().removeprefix(f"{method}.")
            if not equals:
                raise UsageError(f"{option} must be NAME=VALUE, several with commas between, got {text!r}")
            if name not in known:
                raise UnknownNameError(f"hyper-parameter in {option}", name, known)
            wanted[name] = value.strip()
    return wanted


def _nearest(variants: list[Parameters], distances: Sequence[int]) -> list[Parameters]:
    """Return those with the smallest distance."""
    return [one for one, distance in zip(variants, distances, strict=True) if distance == min(distances)]


def _shared_differences(one: Parameters, defaults: Parameters) -> list[str]:
    return [name for name in one if name in defaults and _text(one[name]) != _text(defaults[name])]


def _is(value: Any, text: str) -> bool:
    """Return whether a text means this value: as Python or JSON writes it."""
    return value is not ABSENT and text.casefold() in {str(value).casefold(), _text(value).casefold()}


def _text(value: Any) -> str:
    return json.dumps(value, sort_keys=True)


def _values(variants: Sequence[Parameters], names: Mapping[str, str]) -> str:
    """Return the values that variants have of some parameters, for an error."""
    found = dict.fromkeys(", ".join(f"{name}={one.get(name, ABSENT)}" for name in names) for one in variants)
    return "; ".join(found)
