"""A task as JSON and back: all that its points and its record depend on. A reader checks it by its fingerprint."""

from __future__ import annotations

import base64
import binascii
import dataclasses
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from srbench_lite.errors import SrbenchError
from srbench_lite.expressions.expression import Expression
from srbench_lite.problems.data import Samples
from srbench_lite.problems.sampling import Sampling
from srbench_lite.problems.task import Task
from srbench_lite.problems.trajectories import Trajectories
from srbench_lite.running.field_checks import check_type, required_field
from srbench_lite.running.point_fields import described_domain
from srbench_lite.running.wire import WireError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["described_task", "read_task"]

_PLAIN = ("name", "suite", "version", "n_train", "n_test", "unidentifiable", "target_unit")


def described_task(task: Task) -> dict[str, Any]:
    """Return the definition of a task, ready for JSON; numbers of measured points as base64 of float64."""
    return {
        **{name: getattr(task, name) for name in _PLAIN},
        "truth": None if task.truth is None else str(task.truth),
        "variables": described_domain(task.variables),
        "units": dict(task.units),
        "test_variables": None if task.test_variables is None else described_domain(task.test_variables),
        "trajectories": None if task.trajectories is None else _described_trajectories(task.trajectories),
        "data": None if task.data is None else _described_points(task.data),
    }


def _described_trajectories(trajectories: Trajectories) -> dict[str, Any]:
    values = {field.name: getattr(trajectories, field.name) for field in dataclasses.fields(trajectories)}
    return {**values, "rates": {name: str(rate) for name, rate in trajectories.rates.items()}}


def _described_points(points: Samples) -> dict[str, Any]:
    arrays = {"x": points.x, "y": points.y, "weights": points.weights}
    return {
        name: None if array is None else base64.b64encode(array.astype("<f8").tobytes()).decode()
        for name, array in arrays.items()
    }


def read_task(described: Mapping[str, Any], fingerprint: str) -> Task:
    """Return the task of a definition.

    Args:
        described: as `described_task` gives it.
        fingerprint: what the task must have.

    Raises:
        WireError: it is no definition of a task, or one of another.
    """
    try:
        variables = _read_domain(described, "variables")
        names = tuple(variables)
        task = Task(
            **{name: described[name] for name in _PLAIN}, variables=variables,
            truth=_read_formula("truth", described["truth"], names), units=described["units"],
            test_variables=None if described["test_variables"] is None else _read_domain(described, "test_variables"),
            trajectories=_read_trajectories(described["trajectories"]), data=_read_points(described, names),
        )  # fmt: skip
    except KeyError as error:
        raise WireError(f"a task lacks {error.args[0]}") from None
    except (TypeError, ValueError, AttributeError, SrbenchError) as error:
        raise WireError(f"a task cannot be read: {error}") from None
    if task.fingerprint != fingerprint:
        raise WireError(f"the task {task.name} has the fingerprint {task.fingerprint}, and {fingerprint!r} was said")
    return task


def _read_domain(described: Mapping[str, Any], name: str) -> dict[str, Sampling]:
    domain = required_field(described, name, dict, "an object")
    return {variable: Sampling(**fields) for variable, fields in domain.items()}


def _read_formula(name: str, text: object, variables: tuple[str, ...]) -> Expression | None:
    check_type(name, text, str | None, "a text or null")
    return Expression.parse(text, variables=variables) if isinstance(text, str) else None


def _read_trajectories(described: Mapping[str, Any] | None) -> Trajectories | None:
    if described is None:
        return None
    rates = required_field(described, "rates", dict, "an object")
    formulas = {name: _read_formula(f"the rate of {name}", text, tuple(rates)) for name, text in rates.items()}
    return Trajectories(**{**described, "rates": formulas, "starts": tuple(map(tuple, described["starts"]))})


def _read_points(described: Mapping[str, Any], names: tuple[str, ...]) -> Samples | None:
    data = described["data"]
    if data is None:
        return None
    y = _read_array("y", data)
    x = _read_array("x", data)
    return Samples(
        variables=names, x=x.reshape(len(y), len(names)), y=y,
        weights=None if data["weights"] is None else _read_array("weights", data),
        units=described["units"], target_unit=described["target_unit"],
    )  # fmt: skip


def _read_array(name: str, data: Mapping[str, Any]) -> NDArray[np.float64]:
    import numpy as np

    text = required_field(data, name, str, "base64 of float64")
    try:
        return np.frombuffer(base64.b64decode(text, validate=True), dtype="<f8")
    except (binascii.Error, ValueError) as error:
        raise WireError(f"{name} must be base64 of float64: {error}") from None
