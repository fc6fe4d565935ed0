"""`Task`: a problem of a suite; draws its `Dataset`."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from srbench_lite.errors import DataError, ExpressionError, SuiteError, UsageError
from srbench_lite.expressions.expression import Expression
from srbench_lite.problems.data import Dataset, Samples
from srbench_lite.problems.sampling import Sampling
from srbench_lite.problems.seeds import derive_seed

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["NOISE_DEFINITION", "Task", "target_name"]

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

    def __post_init__(self) -> None:
        suite, slash, rest = self.name.partition("/")
        if suite != self.suite or not slash or not rest.isprintable() or not rest or set(rest) & set("/ "):
            raise SuiteError(
                f"task {self.name!r}: a task's name is its suite, a slash and a name without slashes and spaces, "
                f"such as {self.suite}/first"
            )
        object.__setattr__(self, "variables", dict(self.variables))
        if not self.variables:
            raise SuiteError(f"task {self.name}: there must be at least one variable")
        for variable in self.variables:
            try:
                Expression.variable(variable)
            except ExpressionError as error:
                raise SuiteError(f"task {self.name}: {error}; rename it") from None
        if self.truth is None and self.data is None:
            raise SuiteError(f"task {self.name}: give `truth` (a formula) or `data` (a CSV file)")
        if self.truth is not None:
            unknown = sorted(set(self.truth.variables) - set(self.variables))
            if unknown:
                raise SuiteError(
                    f"task {self.name}: the truth uses {', '.join(unknown)}, which is no variable of the task; "
                    f"add [tasks.variables] {unknown[0]} = {{ low = ..., high = ... }}"
                )
        for name, most in (("n_train", _MAX_POINTS), ("n_test", _MAX_POINTS), ("version", None)):
            value = getattr(self, name)
            whole = isinstance(value, int) and not isinstance(value, bool)
            least = 0 if name == "n_test" and self.data is not None else 1
            if not whole or value < least or (most is not None and value > most):
                wanted = "of at least 1" if most is None else f"from {least} to {most:,}"
                raise SuiteError(f"task {self.name}: {name} must be a whole number {wanted}, got {value!r}")
        if self.data is not None and self.data.variables != tuple(self.variables):
            raise SuiteError(
                f"task {self.name}: the data have the variables {', '.join(self.data.variables)}, the task has "
                f"{', '.join(self.variables)}; give both the same, in the same order"
            )
        if self.data is not None and len(self.data) < self.n_train + self.n_test:
            raise SuiteError(
                f"task {self.name}: n_train + n_test = {self.n_train + self.n_test}, but the data have "
                f"{len(self.data)} rows; lower n_train or n_test"
            )

    @property
    def fingerprint(self) -> str:
        """SHA-256 of the definition, 64 hexadecimal digits: tasks with equal fingerprints are the same task."""
        definition = {
            "name": self.name,
            "version": self.version,
            "truth": None if self.truth is None else str(self.truth),
            "variables": [[n, s.sampling, s.low, s.high, s.sign] for n, s in self.variables.items()],
            "n_train": self.n_train,
            "n_test": self.n_test,
            "data": None
            if self.data is None
            else hashlib.sha256(self.data.x.tobytes() + self.data.y.tobytes()).hexdigest(),
        }
        if self.data is not None and self.data.weights is not None:
            definition["weights"] = hashlib.sha256(self.data.weights.tobytes()).hexdigest()
        return hashlib.sha256(json.dumps(definition, sort_keys=True).encode()).hexdigest()

    def dataset(self, *, seed: int, noise: float = 0.0) -> Dataset:
        """Draw the points of one run; they depend on the task, the seed and the noise level only.

        Args:
            seed: number of the repetition.
            noise: standard deviation of the noise as a fraction of the RMS of y on the training points.

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
            order = rng("split").permutation(len(self.data))
            held_out = order[self.n_train : self.n_train + self.n_test]
            rows = order[: self.n_train], held_out if self.n_test else order[: self.n_train]
            train, test = (self.data.rows(chosen) for chosen in rows)
            far = None
        else:
            train = self._drawn(self.n_train, rng("train"), self._draw_train)
            test = self._drawn(self.n_test, rng("test"), self._draw_test)
            try:
                far = self._drawn(self.n_test, rng("far"), self._draw_far)
            except DataError:
                far = None
        if noise > 0:
            sd = noise * float(np.sqrt(np.mean(train.y**2)))
            disturbed = train.y + rng("noise").normal(0.0, 1.0, len(train)) * sd
            train = Samples(variables=train.variables, x=train.x, y=disturbed, weights=train.weights)
        return Dataset(train=train, test=test, far=far)

    def _drawn(
        self, n: int, rng: np.random.Generator, draw: Callable[[int, np.random.Generator], NDArray[np.float64]]
    ) -> Samples:
        """Draw n points where the truth is finite; a point where it is not is drawn again."""
        import numpy as np

        assert self.truth is not None
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
                return Samples(variables=tuple(self.variables), x=table[:, :-1], y=table[:, -1])
            draw = draw if draw == self._draw_far else self._draw_test  # a grid is drawn once; its holes are filled
        raise DataError(f"task {self.name}: the truth {self.truth} is undefined on nearly all of its domain")

    def _draw_train(self, n: int, rng: np.random.Generator) -> NDArray[np.float64]:
        """Shape (n, d). Where several variables lie on a grid, all but the first are shuffled (a Latin hypercube)."""
        import numpy as np

        columns = []
        for index, sampling in enumerate(self.variables.values()):
            column = sampling.draw(n, rng)
            columns.append(rng.permutation(column) if sampling.sampling == "grid" and index else column)
        return np.column_stack(columns)

    def _draw_test(self, n: int, rng: np.random.Generator) -> NDArray[np.float64]:
        import numpy as np

        return np.column_stack([s.draw_fresh(n, rng) for s in self.variables.values()])

    def _draw_far(self, n: int, rng: np.random.Generator) -> NDArray[np.float64]:
        """Shape (n, d): each variable outside its interval with probability 1/2, at least one in every row."""
        import numpy as np

        d = len(self.variables)
        outside = rng.random((n, d)) < 0.5
        outside[np.arange(n), rng.integers(0, d, n)] = True
        inner = self._draw_test(n, rng)
        outer = np.column_stack([s.draw_far(n, rng) for s in self.variables.values()])
        return np.where(outside, outer, inner)


def target_name(variables: Collection[str]) -> str:
    """Return what the target is called beside these variables: y, or a name that none of them has."""
    name = "y"
    while name in variables:
        name = "target" if name == "y" else f"{name}_"
    return name
