"""`DrawnTask`: a task as one run sees it, with the perturbation of its points.

The points are the task's own, `Task.dataset`; then, each by a seed of its own:

1. dummies: further columns in all three parts, each distributed as a variable of the task, independent of everything.
   Of a grid, and of measured points, which have few digits, they are its values in another order.
   Their places are drawn, and names are given out anew to all columns: nothing but the values tells a dummy.
2. input noise: normal errors of the training inputs, sd = level * standard deviation of the column. y belongs to the
   true inputs.
3. outliers: a share of the training targets, one at least, is moved by five standard deviations of y, up or down.
4. other units: each variable that is no whole number is divided, and the target is multiplied, by a factor of its own,
   10**U(-3, 3) to three significant digits. The truth and the domain are written in the new units.

Test and far points stay clean: they get the dummies and the units only. A dummy has the physical unit of the variable
that it is distributed as; in other units no physical unit is told.
"""

from __future__ import annotations

import string
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from srbench_lite.errors import DataError, ExpressionError, SuiteError, UsageError
from srbench_lite.expressions.expression import Expression
from srbench_lite.problems.data import Dataset, Samples
from srbench_lite.problems.perturbation import Perturbation
from srbench_lite.problems.sampling import Sampling
from srbench_lite.problems.seeds import derive_seed

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from srbench_lite.problems.task import Task

__all__ = ["DrawnTask", "check_perturbation"]

#: By how many standard deviations of the training targets an outlier is off.
_OUTLIER_DEVIATIONS: Final = 5.0
#: Factors of units lie within 10**-3 and 10**3.
_MAX_EXPONENT: Final = 3.0
#: Letters that no variable is called: they are numbers or functions to some program, or look like digits.
_NO_NAMES: Final = frozenset("eEiIjJlOoNQSyY")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class DrawnTask:
    """The points of one run, with the truth and the domain in the names and units of these points.

    Attributes:
        truth: the formula that the run is judged by; None for measured data.
        variables: a `Sampling` for each column.
        dataset: the points.
    """

    truth: Expression | None
    variables: Mapping[str, Sampling]
    dataset: Dataset

    @staticmethod
    def of(task: Task, *, seed: int, noise: float = 0.0, perturbation: Perturbation | None = None) -> DrawnTask:
        """Draw the points of one run; they depend on the task, the seed, the noise and the perturbation only.

        Raises:
            DataError: no points can be drawn.
            UsageError: the noise level is none, or the task has nothing that the perturbation could change.
        """
        perturbation = perturbation or Perturbation()
        check_perturbation(task, perturbation)
        dataset = task.dataset(seed=seed, noise=noise, train_size=perturbation.train_size)
        drawn = DrawnTask(truth=task.truth, variables=task.variables, dataset=dataset)
        if not perturbation:
            return drawn

        def rng(part: str) -> np.random.Generator:
            import numpy as np

            return np.random.default_rng(derive_seed(task=task.fingerprint, seed=seed, part=part))

        if perturbation.dummies:
            drawn = _with_dummies(drawn, perturbation.dummies, rng("dummies"), measured=task.data is not None)
        if perturbation.input_noise:
            drawn = drawn._with_train(_with_input_noise(perturbation.input_noise, rng("input noise")))
        if perturbation.outliers:
            drawn = drawn._with_train(_with_outliers(perturbation.outliers, rng("outliers")))
        if perturbation.rescale:
            try:
                return _in_other_units(drawn, rng("units"))
            except (ExpressionError, SuiteError) as error:
                raise DataError(f"task {task.name} cannot be measured in other units: {error}") from None
        return drawn

    def _with_train(self, change: Callable[[Samples], Samples]) -> DrawnTask:
        return replace(self, dataset=replace(self.dataset, train=change(self.dataset.train)))

    def _with_points(self, change: Callable[[Samples], Samples]) -> DrawnTask:
        """Change the samples of all parts."""
        old = self.dataset
        far = None if old.far is None else change(old.far)
        return replace(self, dataset=Dataset(train=change(old.train), test=change(old.test), far=far))


def check_perturbation(task: Task, perturbation: Perturbation) -> None:
    """Raise `UsageError` where a task has nothing that a perturbation could change.

    Raises:
        UsageError: more training points are wanted of a task whose points are all given.
    """
    size = perturbation.train_size
    if size is not None and size > task.n_train and not task.can_draw_more:
        raise UsageError(
            f"task {task.name} has {task.n_train} training points and no more can be drawn, so a training-set size of "
            f"{size} makes no sense; give at most {task.n_train}, or leave the task out"
        )


# --- dummies ----------------------------------------------------------------------------------------------------------


def _with_dummies(drawn: DrawnTask, count: int, rng: np.random.Generator, *, measured: bool) -> DrawnTask:
    """Add dummy variables, and give names to all columns anew."""
    import numpy as np

    old = list(drawn.variables)
    models = rng.integers(len(old), size=count)  # the variable that each dummy is distributed as
    width = len(old) + count
    own = np.sort(rng.permutation(width)[: len(old)])  # the places of the variables, in their order
    others = np.setdiff1d(np.arange(width), own)
    names = _names(old, count, rng)
    sources = np.empty(width, dtype=int)
    sources[own], sources[others] = np.arange(len(old)), models
    new_names = {name: names[place] for name, place in zip(old, own.tolist(), strict=True)}
    samplings = [drawn.variables[old[source]] for source in sources]

    def widened(samples: Samples) -> Samples:
        x = samples.x[:, sources].copy()
        for place in others.tolist():
            kept = measured or samplings[place].sampling == "grid"
            x[:, place] = rng.permutation(x[:, place]) if kept else _independent(x[:, place], rng)
        units = {
            name: samples.units[old[s]]
            for name, s in zip(names, sources.tolist(), strict=True)
            if old[s] in samples.units
        }
        return replace(samples, variables=tuple(names), x=x, units=units)

    def shuffled(samples: Samples) -> Samples:
        """A grid is drawn in order, and a dummy is in none."""
        return samples.rows(rng.permutation(len(samples)))

    variables = {name: Expression.variable(new) for name, new in new_names.items()}
    renamed = DrawnTask(
        truth=None if drawn.truth is None else drawn.truth.substitute(variables),
        variables=dict(zip(names, samplings, strict=True)), dataset=drawn.dataset,
    )  # fmt: skip
    return renamed._with_points(widened)._with_train(shuffled)


def _independent(column: NDArray[np.float64], rng: np.random.Generator) -> NDArray[np.float64]:
    """Return values that are distributed as those of a column, shape (n,), and do not depend on them.

    Where values repeat they are some of them, else values between them.
    """
    import numpy as np

    if len(np.unique(column)) < len(column):
        return rng.choice(column, len(column))
    return np.asarray(np.quantile(column, rng.random(len(column))))


def _names(old: Sequence[str], count: int, rng: np.random.Generator) -> list[str]:
    """Return names for all columns, in the style of the variables.

    x0, x1, ... are counted on. Other names are given out at random, with further letters among them.
    """
    stem = old[0].rstrip(string.digits)
    first = old[0].removeprefix(stem)
    if first and list(old) == [f"{stem}{int(first) + place}" for place in range(len(old))]:
        return [f"{stem}{int(first) + place}" for place in range(len(old) + count)]
    letters = [letter for letter in string.ascii_lowercase if letter not in _NO_NAMES and letter not in old]
    fresh = [str(letter) for letter in rng.permutation(letters)][:count]
    number = 1
    while len(fresh) < count:
        if (name := f"x{number}") not in old:
            fresh.append(name)
        number += 1
    return [str(name) for name in rng.permutation([*old, *fresh])]


# --- errors of inputs and targets -------------------------------------------------------------------------------------


def _with_input_noise(level: float, rng: np.random.Generator) -> Callable[[Samples], Samples]:
    def disturbed(samples: Samples) -> Samples:
        errors = rng.normal(0.0, 1.0, samples.x.shape) * samples.x.std(axis=0)
        return replace(samples, x=samples.x + level * errors)

    return disturbed


def _with_outliers(share: float, rng: np.random.Generator) -> Callable[[Samples], Samples]:
    def moved(samples: Samples) -> Samples:
        import numpy as np

        n = len(samples)
        chosen = rng.permutation(n)[: max(1, round(share * n))]
        size = _OUTLIER_DEVIATIONS * (float(samples.y.std()) or float(np.abs(samples.y).max()) or 1.0)
        y = samples.y.copy()
        y[chosen] += size * rng.choice((-1.0, 1.0), len(chosen))
        return replace(samples, y=y)

    return moved


# --- units ------------------------------------------------------------------------------------------------------------


def _in_other_units(drawn: DrawnTask, rng: np.random.Generator) -> DrawnTask:
    """Measure variables and target in other units."""
    import numpy as np

    exponents = rng.uniform(-_MAX_EXPONENT, _MAX_EXPONENT, len(drawn.variables) + 1)
    *factors, of_target = (float(f"{10**exponent:.2e}") for exponent in exponents.tolist())
    units = {
        name: 1.0 if sampling.sampling == "integer" else factor
        for (name, sampling), factor in zip(drawn.variables.items(), factors, strict=True)
    }

    def measured(samples: Samples) -> Samples:
        weights = None if samples.weights is None else samples.weights / of_target**2
        x = samples.x / np.array([units[name] for name in samples.variables])
        return replace(samples, x=x, y=samples.y * of_target, weights=weights, units={}, target_unit="")

    old = {name: unit * Expression.variable(name) for name, unit in units.items()}
    return DrawnTask(
        truth=None if drawn.truth is None else _one_number(of_target * drawn.truth.substitute(old)),
        variables={name: _measured(sampling, units[name]) for name, sampling in drawn.variables.items()},
        dataset=drawn.dataset,
    )._with_points(measured)


def _one_number(formula: Expression) -> Expression:
    """Write 2*(3*x) as 6*x: the product of two numbers as people write it, in decimals."""

    def joined(node: Expression, args: Sequence[Expression]) -> Expression:
        if node.op == "mul" and args[1].op == "mul":
            outer, inner = args[0].value, args[1].args[0].value
            if outer is not None and inner is not None:
                return float(Decimal(repr(outer)) * Decimal(repr(inner))) * args[1].args[1]
        return Expression(node.op, args=args)

    return formula.fold(lambda leaf: leaf, joined)


def _measured(sampling: Sampling, unit: float) -> Sampling:
    step = None if sampling.step is None else sampling.step / unit
    return replace(sampling, low=sampling.low / unit, high=sampling.high / unit, step=step)
