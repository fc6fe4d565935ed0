"""`Inspection`: a trained model beside the formula distilled from it; `Survey`: both, evaluated at some points.

A method makes an `Inspection` (`Method.inspect`), `survey` evaluates it for a task, and
`srbench_lite.reports.inspection` prints, draws and writes the survey.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

import numpy as np
from numpy.typing import NDArray

from srbench_lite.errors import DataError
from srbench_lite.expressions.expression import Expression
from srbench_lite.methods.method import Inspection, Method
from srbench_lite.problems.data import Dataset
from srbench_lite.problems.sampling import Sampling
from srbench_lite.problems.seeds import derive_seed
from srbench_lite.problems.task import Task, target_name

__all__ = ["Deviation", "PrincipalComponents", "Survey", "Values", "principal_components", "survey"]

#: Points along the first variable at which curves and activations are drawn.
_PATH_POINTS: Final = 401
#: Points of the domain at which the formula is compared with the network.
_DOMAIN_POINTS: Final = 10_001


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PrincipalComponents:
    """Hidden states in few dimensions.

    Attributes:
        scores: shape (n, k): the states along each component; zero where there are fewer components than k.
        shares: shape (k,): the share of the variance that each component has; zero where nothing varies.
    """

    scores: NDArray[np.float64]
    shares: NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Values:
    """Points, and what the network and the formula say there.

    Attributes:
        x: inputs, shape (n, d).
        y: target, shape (n,); NaN along the path, where none is known.
        network: values of the trained model, shape (n,).
        formula: values of the formula, shape (n,); not finite where it is undefined.
    """

    x: NDArray[np.float64]
    y: NDArray[np.float64]
    network: NDArray[np.float64]
    formula: NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Deviation:
    """How far the formula is from something else, at the worst of some points.

    Attributes:
        size: the largest absolute difference; None where the formula is defined at no point.
        at: where that is, by variable.
        points: how many points were looked at.
        undefined: at how many of them the formula has no finite value.
    """

    size: float | None
    at: Mapping[str, float]
    points: int
    undefined: int


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Survey:
    """A task's points with everything that an inspection says about them.

    Attributes:
        method, task: their names.
        variables: how each variable is sampled, in the order of the columns.
        expression: the formula.
        stopped: "budget" when the clock, not the plan, ended the method; see `Fit`.
        losses: curves by name, each of shape (epochs,).
        train, test: the points the method saw, and fresh ones (noise-free, where points are drawn from a truth).
        path: about `_PATH_POINTS` points along the first variable's whole interval, the others at their middle.
        activations: by layer, along the path, each of shape (n, width).
        states: the points whose hidden states `components` holds: the path of one variable, else the fresh points.
        components: by layer, the first two principal components of the hidden states.
        from_network: the formula's deviation from the network on the domain.
        from_data: ... from the training points.
        from_fresh: ... from the fresh points.
    """

    method: str
    task: str
    variables: Mapping[str, Sampling]
    expression: Expression
    stopped: Literal["done", "budget"]
    losses: Mapping[str, NDArray[np.float64]]
    train: Values
    test: Values
    path: Values
    activations: Mapping[str, NDArray[np.float64]]
    states: Values
    components: Mapping[str, PrincipalComponents]
    from_network: Deviation
    from_data: Deviation
    from_fresh: Deviation

    @property
    def target(self) -> str:
        """What the target is called."""
        return target_name(self.variables)


def principal_components(states: NDArray[np.float64], k: int = 2) -> PrincipalComponents:
    """Return the first k principal components of hidden states, shape (n, width), by singular value decomposition.

    Each component points to where the unit that counts most in it grows.
    """
    left, sizes, right = np.linalg.svd(states - states.mean(axis=0), full_matrices=False)
    signs = np.where(right[np.arange(len(right)), np.abs(right).argmax(axis=1)] < 0, -1.0, 1.0)
    count = min(k, len(sizes))
    scores, shares = np.zeros((len(states), k)), np.zeros(k)
    scores[:, :count] = (left * sizes * signs)[:, :count]
    total = float(np.sum(sizes**2))
    if total > 0:
        shares[:count] = sizes[:count] ** 2 / total
    return PrincipalComponents(scores=scores, shares=shares)


def survey(inspection: Inspection, *, method: Method, task: Task, dataset: Dataset) -> Survey:
    """Evaluate the network and the formula at the points of a task, along a path and on the domain.

    Raises:
        DataError: what the method returned has the wrong shape or values that are not finite.
        ExpressionError: the formula has a variable that the task does not have.
    """

    def values(x: NDArray[np.float64], y: NDArray[np.float64] | None = None) -> Values:
        network = _checked(inspection.predict(x), (len(x),), f"{method.name}: predict()")
        formula = inspection.fit.expression(dict(zip(task.variables, x.T, strict=True)))
        return Values(x=x, y=np.full(len(x), np.nan) if y is None else y, network=network, formula=formula)

    def layers(x: NDArray[np.float64]) -> dict[str, NDArray[np.float64]]:
        hidden = inspection.hidden(x)
        return {str(k): _checked(v, (len(x), None), f"{method.name}: hidden(), layer {k!r}") for k, v in hidden.items()}

    samplings = list(task.variables.values())
    first = samplings[0].path(_PATH_POINTS)
    path = values(np.column_stack([first, *(np.full(len(first), s.middle) for s in samplings[1:])]))
    train, test = values(dataset.train.x, dataset.train.y), values(dataset.test.x, dataset.test.y)
    if len(samplings) == 1:
        domain = values(samplings[0].path(_DOMAIN_POINTS)[:, None])
    else:
        rng = np.random.default_rng(derive_seed(task=task.fingerprint, part="inspection"))
        domain = values(np.column_stack([sampling.draw_fresh(_DOMAIN_POINTS, rng) for sampling in samplings]))
    states = path if len(samplings) == 1 else test
    losses = {str(name): np.asarray(curve, dtype=np.float64).ravel() for name, curve in inspection.losses.items()}
    names = tuple(task.variables)
    return Survey(
        method=method.name, task=task.name, variables=task.variables, expression=inspection.fit.expression,
        stopped=inspection.fit.stopped, losses={name: curve for name, curve in losses.items() if len(curve)},
        train=train, test=test, path=path, activations=layers(path.x), states=states,
        components={name: principal_components(layer) for name, layer in layers(states.x).items()},
        from_network=_deviation(names, domain, domain.network), from_data=_deviation(names, train, dataset.train.y),
        from_fresh=_deviation(names, test, dataset.test.y),
    )  # fmt: skip


def _checked(given: Any, shape: tuple[int | None, ...], what: str) -> NDArray[np.float64]:
    """Return what a method gave as an array of that shape; None stands for any positive number."""
    array = np.asarray(given, dtype=np.float64)
    fits = len(array.shape) == len(shape) and all(
        have == want or (want is None and have > 0) for have, want in zip(array.shape, shape, strict=True)
    )
    if not fits:
        wanted = ", ".join("width" if size is None else str(size) for size in shape)
        raise DataError(f"{what} must return an array of shape ({wanted}{',' * (len(shape) == 1)}), got {array.shape}")
    if not np.isfinite(array).all():
        raise DataError(f"{what} must return finite values, but {int((~np.isfinite(array)).sum())} are not")
    return array


def _deviation(names: tuple[str, ...], values: Values, other: NDArray[np.float64]) -> Deviation:
    size = np.abs(values.formula - other)
    defined = np.isfinite(size)
    worst = int(np.argmax(np.where(defined, size, -1.0)))
    return Deviation(
        size=float(size[worst]) if defined.any() else None,
        at={name: float(value) for name, value in zip(names, values.x[worst], strict=True)} if defined.any() else {},
        points=len(size), undefined=int((~defined).sum()),
    )  # fmt: skip
