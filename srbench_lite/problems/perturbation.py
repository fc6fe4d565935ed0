"""`Perturbation`: what is changed of a task's points before a method sees them."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Self

from srbench_lite.errors import UsageError, suggest

__all__ = ["Perturbation"]

_MAX_TRAIN_SIZE: Final = 10_000_000  # as many points as a task may have
_MAX_DUMMIES: Final = 100
#: Where more than half of the targets are wrong, the others are the outliers.
_MAX_OUTLIERS: Final = 0.5


@dataclass(frozen=True, slots=True)
class Perturbation:
    """What is changed of a task's points; the defaults change nothing.

    Attributes:
        train_size: number of training points; None for the task's own.
        dummies: number of further variables, on which the truth does not depend.
        input_noise: errors of the training inputs, as a share of each variable's standard deviation.
        rescale: whether variables and target are measured in other units.
        outliers: share of the training targets that are far off.

    Raises:
        UsageError: a value is none that a perturbation may have.
    """

    train_size: int | None = None
    dummies: int = 0
    input_noise: float = 0.0
    rescale: bool = False
    outliers: float = 0.0

    def __post_init__(self) -> None:
        if self.train_size is not None:
            _check_whole("a training-set size", self.train_size, 1, _MAX_TRAIN_SIZE)
        _check_whole("a number of dummy variables", self.dummies, 0, _MAX_DUMMIES)
        if not isinstance(self.rescale, bool):
            raise UsageError(f"rescale must be true or false, got {self.rescale!r:.80}")
        for name, what, most in (
            ("input_noise", "input noise", math.inf), ("outliers", "a share of outliers", _MAX_OUTLIERS),
        ):  # fmt: skip
            value = getattr(self, name)
            number = isinstance(value, int | float) and not isinstance(value, bool)
            if not (number and 0 <= value < math.inf and value <= most):
                bound = "of at least 0" if most == math.inf else f"from 0 to {most:g}"
                raise UsageError(f"{what} must be a number {bound}, got {value!r:.80}")
            object.__setattr__(self, name, float(value) + 0.0)  # minus zero is zero

    @classmethod
    def of(cls, settings: Mapping[str, Any]) -> Self:
        """Return the perturbation with these settings; the others have their defaults.

        Raises:
            UsageError: there is no such setting, or its value is none that it may have.
        """
        names = [field.name for field in dataclasses.fields(cls)]
        for name in settings:
            if name not in names:
                raise UsageError(f"a perturbation has no setting {name!r:.40}.{suggest(str(name), names)}")
        return cls(**settings)

    @property
    def settings(self) -> dict[str, Any]:
        """The settings that are not the defaults: what a run's key and its record say; empty where nothing changes."""
        values = {field.name: (getattr(self, field.name), field.default) for field in dataclasses.fields(self)}
        return {name: value for name, (value, default) in values.items() if value != default}

    @property
    def place(self) -> tuple[float, ...]:
        """What tables are ordered by: the setting without any first."""
        return float(self.train_size or 0), self.dummies, self.input_noise, self.rescale, self.outliers

    def __bool__(self) -> bool:
        return bool(self.settings)

    @property
    def options(self) -> str:
        """The options of `srbench run` that make it, each with a blank behind it; empty where nothing changes."""
        values = {name.replace("_", "-"): value for name, value in self.settings.items()}
        return "".join(f"--{name} " if value is True else f"--{name} {value} " for name, value in values.items())

    def __str__(self) -> str:
        """The text for tables: `train 50, 3 dummies`; `none` where nothing changes."""
        parts = {
            "train_size": f"train {self.train_size}",
            "dummies": f"{self.dummies} dumm{'y' if self.dummies == 1 else 'ies'}",
            "input_noise": f"input noise {_shown(self.input_noise)}",
            "rescale": "rescaled",
            "outliers": f"outliers {_shown(self.outliers)}",
        }
        return ", ".join(parts[name] for name in self.settings) or "none"


def _check_whole(what: str, value: Any, least: int, most: int) -> None:
    if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
        raise UsageError(f"{what} must be a whole number from {least} to {most:,}, got {value!r:.80}")


def _shown(value: float) -> str:
    return f"{value:g}" if float(f"{value:g}") == value else repr(value)
