"""Points and domains in a message: what its header says of them, and their arrays. Reading them checks them."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from srbench_lite.errors import DataError, SuiteError
from srbench_lite.problems.data import Samples
from srbench_lite.problems.sampling import Sampling
from srbench_lite.running.field_checks import check_texts, check_type, required_field
from srbench_lite.running.wire import Message, WireError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["described_domain", "point_arrays", "point_columns", "read_domain", "read_samples", "read_variables"]


def described_domain(domain: Mapping[str, Sampling]) -> dict[str, Any]:
    """Return what a header says of how each variable is drawn."""
    return {name: dataclasses.asdict(sampling) for name, sampling in domain.items()}


def read_domain(message: Message) -> dict[str, Sampling]:
    """Return how each variable is drawn, as the header says it; raises `WireError`."""
    try:
        variables = required_field(message.header, "domain", dict, "an object")
        return {name: Sampling(**fields) for name, fields in variables.items()}
    except (TypeError, SuiteError) as error:
        raise WireError(f"domain must say how each variable is drawn: {error}") from None


def point_columns(points: Samples) -> dict[str, Any]:
    """Return what a header says of points: their variables, and the units where there are any."""
    said: dict[str, Any] = {"variables": list(points.variables)}
    if points.units:
        said["units"] = dict(points.units)
    return said | {"target_unit": points.target_unit} if points.target_unit else said


def read_variables(header: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the names of the variables that a header says; raises `WireError`."""
    return check_texts("variables", required_field(header, "variables", list, "a list of texts"))


def _units(header: Mapping[str, Any]) -> tuple[dict[str, str], str]:
    """Return the units of the variables and of the target; empty where a header says nothing of them."""
    units, target = header.get("units", {}), header.get("target_unit", "")
    check_type("units", units, dict, "texts by variable")
    for unit in (*units.values(), target):
        check_type("a unit", unit, str, "a text")
    return units, target


def point_arrays(prefix: str, points: Samples) -> dict[str, NDArray[np.float64]]:
    """Return the arrays of points by name: x (n, d), y (n,), and weights (n,) where there are any."""
    arrays = {f"{prefix}x": points.x, f"{prefix}y": points.y}
    return arrays if points.weights is None else arrays | {f"{prefix}weights": points.weights}


def read_samples(variables: tuple[str, ...], message: Message, prefix: str) -> Samples:
    """Return the points whose arrays have this prefix; raises `WireError`."""
    x, y = f"{prefix}x", f"{prefix}y"
    for name in (x, y):
        if name not in message.arrays:
            raise WireError(f"it lacks the array {name}")
    units, target_unit = _units(message.header)
    try:
        return Samples(
            variables=variables, x=message.arrays[x], y=message.arrays[y],
            weights=message.arrays.get(f"{prefix}weights"), units=units, target_unit=target_unit,
        )  # fmt: skip
    except DataError as error:
        raise WireError(f"{x} and {y} must be points: {error}") from None
