"""`Task`: a problem of a suite; draws its `Dataset`."""

from __future__ import annotations

import hashlib
import json
import math
import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from srbench_lite.errors import DataError, ExpressionError, SuiteError, UsageError
from srbench_lite.expressions.expression import Expression
from srbench_lite.problems.data import Dataset, Samples
from srbench_lite.problems.sampling import Sampling
from srbench_lite.problems.seeds import derive_seed
from srbench_lite.problems.trajectories import Trajectories

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    _Draw = Callable[[int, np.random.Generator], NDArray[np.float64]]

__all__ = ["NOISE_DEFINITION", "Task", "target_name", "told_counts"]

#: How `noise` is meant; stands in every record. SRBench (La Cava et al., 2021), section 4.
NOISE_DEFINITION: Final = "normal, sd = noise * rms(y_train), training target only"

#: No task has more training or test points: an array of them must fit in memory.
_MAX_POINTS: Final = 10_000_000
#: Draws per wanted point before a task is refused because its truth is undefined nearly everywhere.
_MAX_DRAWS: Final = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """One problem of a suite.

    Attributes:
        name: `suite/task`; the part after the suite has no slash and no space.
        suite: the suite's name.
        version: raised when the definition changes.
        truth: the ground truth; None for measured data, which then has no recovery score.
        variables: a `Sampling` for each variable, in the order of the columns.
        n_train, n_test: numbers of points; `far` has n_test points too. Of measured points none may be held out
            (n_test 0): then the training points are the test points, too.
        source: where the task comes from (citation).
        data: measured points to split instead of drawing; None where points are drawn from the truth.
        note: what was found and assumed of the data file, one line for people; no part of the definition.
        headers: what the data file calls its variables and target, by their names here, where it is something else.
        tags: what kind of task it is, in lower case: "hard", "1-variable", "physics".
        licence: under which its definition or data may be used.
        erratum: where sources disagree, and which is followed here; one or two sentences.
        unidentifiable: why float64 points cannot show the truth; empty where they can.
        units: physical units by variable, such as "m/s"; handed to methods in `Samples`.
        target_unit: the physical unit of the target; empty where it is not known.
        test_variables: the domain of the test points where it is one of its own; a variable that is not in it is drawn
            as for training. Values on a grid are not drawn anew but are the grid.
        trajectories: a system of differential equations on whose solutions the points lie; the target is the truth
            there, and `variables` are the ranges that `far` lies outside of.

    Raises:
        SuiteError: the parts do not fit together.
    """

    name: str
    suite: str
    truth: Expression | None
    variables: Mapping[str, Sampling]
    version: int = 1
    n_train: int = 200
    n_test: int = 1000
    source: str = ""
    data: Samples | None = None
    note: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    tags: tuple[str, ...] = ()
    licence: str = ""
    erratum: str = ""
    unidentifiable: str = ""
    units: Mapping[str, str] = field(default_factory=dict)
    target_unit: str = ""
    test_variables: Mapping[str, Sampling] | None = None
    trajectories: Trajectories | None = None

    def __post_init__(self) -> None:
        suite, slash, rest = self.name.partition("/")
        if suite != self.suite or not slash or not rest.isprintable() or not rest or set(rest) & set("/ "):
            raise SuiteError(
                f"task {self.name!r}: a task's name is its suite, a slash and a name without slashes and spaces, "
                f"such as {self.suite}/first"
            )
        for check in (self._check_variables, self._check_points, self._check_counts, self._check_facts):
            try:
                check()
            except SuiteError as error:
                raise SuiteError(f"task {self.name}: {error}") from None

    def _check_variables(self) -> None:
        object.__setattr__(self, "variables", dict(self.variables))
        if not self.variables:
            raise SuiteError("there must be at least one variable")
        for variable in self.variables:
            try:
                Expression.variable(variable)
            except ExpressionError as error:
                raise SuiteError(f"{error}; rename it") from None
        if self.truth is not None:
            unknown = sorted(set(self.truth.variables) - set(self.variables))
            if unknown:
                raise SuiteError(
                    f"the truth uses {', '.join(unknown)}, which is no variable of the task; "
                    f"add [tasks.variables] {unknown[0]} = {{ low = ..., high = ... }}"
                )

    def _check_points(self) -> None:
        """Check where the points come from; one way only."""
        if self.truth is None and self.data is None:
            raise SuiteError("give `truth` (a formula) or `data` (a CSV file)")
        if self.data is not None and self.data.variables != tuple(self.variables):
            raise SuiteError(
                f"the data have the variables {', '.join(self.data.variables)}, the task has "
                f"{', '.join(self.variables)}; give both the same, in the same order"
            )
        if self.data is not None and (self.test_variables is not None or self.trajectories is not None):
            raise SuiteError("points are split from `data`; leave out the test domain and the trajectories, or `data`")
        if self.test_variables is not None:
            if self.trajectories is not None:
                raise SuiteError("other trajectories test; leave out the test domain, or the trajectories")
            unknown = sorted(set(self.test_variables) - set(self.variables))
            if unknown:
                raise SuiteError(f"the test domain has {unknown[0]}, which is no variable of the task")
            own = self.test_variables
            object.__setattr__(self, "test_variables", {name: own.get(name, s) for name, s in self.variables.items()})
        if self.trajectories is not None and list(self.trajectories.rates) != list(self.variables):
            raise SuiteError(
                f"the trajectories have rates of {', '.join(self.trajectories.rates)}, the task has the variables "
                f"{', '.join(self.variables)}; give both the same, in the same order"
            )

    def _check_counts(self) -> None:
        for name, most in (("n_train", _MAX_POINTS), ("n_test", _MAX_POINTS), ("version", None)):
            value = getattr(self, name)
            whole = isinstance(value, int) and not isinstance(value, bool)
            least = 0 if name == "n_test" and self.data is not None else 1
            if not whole or value < least or (most is not None and value > most):
                wanted = "of at least 1" if most is None else f"from {least} to {most:,}"
                raise SuiteError(f"{name} must be a whole number {wanted}, got {value!r}")
        if self.data is not None and len(self.data) < self.n_train + self.n_test:
            raise SuiteError(
                f"n_train + n_test = {self.n_train + self.n_test}, but the data have "
                f"{len(self.data)} rows; lower n_train or n_test"
            )
        told = told_counts(self.variables, self.test_variables, self.trajectories)
        for name, count in zip(("n_train", "n_test"), told, strict=True):
            if count is not None and getattr(self, name) != count:
                what = "the mesh has" if self.trajectories is None else "the trajectories have"
                given = getattr(self, name)
                raise SuiteError(f"{name} = {given}, but {what} {count} points; give {name} = {count}")

    def _check_facts(self) -> None:
        """Check what is said of the task beside its points."""
        object.__setattr__(self, "tags", tuple(self.tags))
        for tag in self.tags:
            if not isinstance(tag, str) or not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", tag):
                raise SuiteError(f"a tag must be lower-case letters and digits with - between, got {tag!r}")
        if len(set(self.tags)) < len(self.tags):
            raise SuiteError(f"a tag stands twice in {', '.join(self.tags)}")
        units = dict(self.units)
        unknown = sorted(set(units) - set(self.variables))
        if unknown:
            raise SuiteError(f"there is a unit of {unknown[0]}, which is no variable of the task")
        for unit in (*units.values(), self.target_unit):
            if not isinstance(unit, str) or not unit.isprintable():
                raise SuiteError(f"a unit must be text such as m/s, got {unit!r}")
        if self.data is not None:
            units = units or dict(self.data.units)
            target_unit = self.target_unit or self.data.target_unit
            object.__setattr__(self, "target_unit", target_unit)
            if (units, target_unit) != (self.data.units, self.data.target_unit):
                object.__setattr__(self, "data", replace(self.data, units=units, target_unit=target_unit))
        object.__setattr__(self, "units", units)

    @property
    def fingerprint(self) -> str:
        """SHA-256 of the definition, 64 hexadecimal digits: tasks with equal fingerprints are the same task."""
        definition = {
            "name": self.name,
            "version": self.version,
            "truth": None if self.truth is None else str(self.truth),
            "variables": _domain_definition(self.variables),
            "n_train": self.n_train,
            "n_test": self.n_test,
            "data": None
            if self.data is None
            else hashlib.sha256(self.data.x.tobytes() + self.data.y.tobytes()).hexdigest(),
        }
        if self.data is not None and self.data.weights is not None:
            definition["weights"] = hashlib.sha256(self.data.weights.tobytes()).hexdigest()
        given = {
            "units": self.units,
            "target_unit": self.target_unit,
            "test_variables": self.test_variables and _domain_definition(self.test_variables),
            "trajectories": self.trajectories and self.trajectories.definition(),
        }
        definition |= {name: value for name, value in given.items() if value}
        return hashlib.sha256(json.dumps(definition, sort_keys=True).encode()).hexdigest()

    @property
    def can_draw_more(self) -> bool:
        """Whether there can be more training points than `n_train`."""
        return self.data is None and self.trajectories is None and _mesh_size(self.variables) is None

    def row_order(self, seed: int) -> NDArray[np.intp]:
        """Return the rows of `data` in the order in which a seed deals them out, shape (n,).

        The first n_train are to train, the next n_test to test, and the others are left.
        """
        import numpy as np

        assert self.data is not None
        drawn_from = derive_seed(task=self.fingerprint, seed=seed, part="split")
        order: NDArray[np.intp] = np.random.default_rng(drawn_from).permutation(len(self.data))
        return order

    def dataset(self, *, seed: int, noise: float = 0.0, train_size: int | None = None) -> Dataset:
        """Draw the points of one run; they depend on the task, the seed, the noise level and the number of points only.

        Args:
            seed: number of the repetition.
            noise: standard deviation of the noise as a fraction of the RMS of y on the training points.
            train_size: number of training points in place of `n_train`; fewer are part of more.

        Raises:
            DataError: the truth is undefined nearly everywhere on the domain.
            UsageError: the noise level is negative or not finite.
        """
        import numpy as np

        if not 0 <= noise < math.inf:
            raise UsageError(f"the noise level must be 0 or a positive number, got {noise!r}")

        def rng(part: str) -> np.random.Generator:
            return np.random.default_rng(derive_seed(task=self.fingerprint, seed=seed, part=part))

        if self.data is not None:
            order = self.row_order(seed)
            held_out = order[self.n_train : self.n_train + self.n_test]
            rows = order[: self.n_train], held_out if self.n_test else order[: self.n_train]
            train, test = (self.data.rows(chosen) for chosen in rows)
            far = None
        else:
            if self.trajectories is not None:
                train, test = map(self._on_trajectories, self.trajectories.split(rng("split")))
            else:
                fresh = partial(_fresh_points, self.variables)
                train = self._drawn(self.n_train, rng("train"), partial(_first_points, self.variables), fresh)
                first = fresh
                if self.test_variables is not None:
                    first, fresh = (partial(draw, self.test_variables) for draw in (_first_points, _fresh_points))
                test = self._drawn(self.n_test, rng("test"), first, fresh)
            try:
                far = self._drawn(self.n_test, rng("far"), self._draw_far, self._draw_far)
            except DataError:
                far = None
        if train_size is not None:
            train = self._sized(train, train_size, rng)
        if noise > 0:
            sd = noise * float(np.sqrt(np.mean(train.y**2)))
            disturbed = train.y + rng("noise").normal(0.0, 1.0, len(train)) * sd
            train = replace(train, y=disturbed)
        return Dataset(train=train, test=test, far=far)

    def _sized(self, train: Samples, size: int, rng: Callable[[str], np.random.Generator]) -> Samples:
        """Return some of the training points, in their order, or all of them and further ones."""
        import numpy as np

        if size <= len(train):
            return train.rows(np.sort(rng("train size").permutation(len(train))[:size]))
        parts, fresh = [train], partial(_fresh_points, self.variables)
        for number in range(1, math.ceil(size / len(train))):
            parts.append(self._drawn(self.n_train, rng(f"further train {number}"), fresh, fresh))
        x, y = np.concatenate([part.x for part in parts]), np.concatenate([part.y for part in parts])
        return replace(train, x=x[:size], y=y[:size])

    def _drawn(self, n: int, rng: np.random.Generator, first: _Draw, again: _Draw) -> Samples:
        """Draw n points where the truth is finite; a point where it is not is drawn `again`."""
        import numpy as np

        assert self.truth is not None
        draw = first
        kept: list[NDArray[np.float64]] = []
        missing = n
        for _ in range(_MAX_DRAWS):
            x = draw(n, rng)
            y = self.truth(dict(zip(self.variables, x.T, strict=True)))
            good = np.flatnonzero(np.isfinite(y))[:missing]
            if len(good):
                kept.append(np.column_stack([x[good], y[good]]))
                missing -= len(good)
            if missing == 0:
                table = np.concatenate(kept)
                return self._samples(table[:, :-1], table[:, -1])
            draw = again
        raise DataError(f"task {self.name}: the truth {self.truth} is undefined on nearly all of its domain")

    def _on_trajectories(self, x: NDArray[np.float64]) -> Samples:
        """Return points on trajectories, shape (n, d), with the truth there."""
        import numpy as np

        assert self.truth is not None
        y = self.truth(dict(zip(self.variables, x.T, strict=True)))
        if not np.isfinite(y).all():
            raise DataError(f"task {self.name}: the truth {self.truth} is undefined on its trajectories")
        return self._samples(x, y)

    def _samples(self, x: NDArray[np.float64], y: NDArray[np.float64]) -> Samples:
        return Samples(variables=tuple(self.variables), x=x, y=y, units=self.units, target_unit=self.target_unit)

    def _draw_far(self, n: int, rng: np.random.Generator) -> NDArray[np.float64]:
        """Shape (n, d): each variable outside its intervals with probability 1/2, at least one in every row."""
        import numpy as np

        d = len(self.variables)
        outside = rng.random((n, d)) < 0.5
        outside[np.arange(n), rng.integers(0, d, n)] = True
        inner = _fresh_points(self.variables, n, rng)
        tested = self.test_variables or self.variables
        outer = np.column_stack([s.hull(tested[name]).draw_far(n, rng) for name, s in self.variables.items()])
        return np.where(outside, outer, inner)


def told_counts(
    variables: Mapping[str, Sampling], test_variables: Mapping[str, Sampling] | None, trajectories: Trajectories | None
) -> tuple[int | None, int | None]:
    """Return the numbers of training and test points where meshes or trajectories tell them, else None.

    Raises:
        SuiteError: some variables of a domain have a step, others not.
    """
    if trajectories is not None:
        return trajectories.n_train, trajectories.n_test
    return _mesh_size(variables), None if test_variables is None else _mesh_size({**variables, **test_variables})


def _mesh_size(domain: Mapping[str, Sampling]) -> int | None:
    without = [name for name, sampling in domain.items() if sampling.steps is None]
    if len(without) == len(domain):
        return None
    if without:
        with_step = next(name for name in domain if name not in without)
        raise SuiteError(
            f"{with_step} has a step and {without[0]} has none; a mesh needs a step of every variable of its domain"
        )
    return math.prod(sampling.steps or 0 for sampling in domain.values())


def _domain_definition(domain: Mapping[str, Sampling]) -> list[list[Any]]:
    return [
        [n, s.sampling, s.low, s.high, s.sign, *([] if s.step is None else [s.step])] for n, s in domain.items()
    ]  # fmt: skip


def _first_points(domain: Mapping[str, Sampling], n: int, rng: np.random.Generator) -> NDArray[np.float64]:
    """Draw shape (n, d): a mesh, or of several grids all but the first shuffled (a Latin hypercube)."""
    import numpy as np

    if all(sampling.step is not None for sampling in domain.values()):
        axes = np.meshgrid(*(sampling.mesh_values() for sampling in domain.values()), indexing="ij")
        return np.column_stack([axis.ravel() for axis in axes])
    columns = []
    for index, sampling in enumerate(domain.values()):
        column = sampling.draw(n, rng)
        columns.append(rng.permutation(column) if sampling.sampling == "grid" and index else column)
    return np.column_stack(columns)


def _fresh_points(domain: Mapping[str, Sampling], n: int, rng: np.random.Generator) -> NDArray[np.float64]:
    import numpy as np

    return np.column_stack([sampling.draw_fresh(n, rng) for sampling in domain.values()])


def target_name(variables: Collection[str]) -> str:
    """Return what the target is called beside these variables: y, or a name that none of them has."""
    name = "y"
    while name in variables:
        name = "target" if name == "y" else f"{name}_"
    return name
