"""`Sampling` (where a variable's values come from) and `Task` (a problem; draws its `Dataset`)."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

from srbench_lite.data import Dataset, Samples
from srbench_lite.errors import DataError, ExpressionError, SuiteError, UsageError
from srbench_lite.expression import Expression
from srbench_lite.seeds import derive_seed

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["NOISE_DEFINITION", "Sampling", "Task", "target_name"]

#: How `noise` is meant; stands in every record. SRBench (La Cava et al., 2021), section 4.
NOISE_DEFINITION: Final = "normal, sd = noise * rms(y_train), training target only"

#: No task has more training or test points: an array of them must fit in memory.
_MAX_POINTS: Final = 10_000_000
#: Bounds of a variable lie within +- this, so that widths and points far outside stay finite.
_MAX_BOUND: Final = 1e300
#: Draws per wanted point before a task is refused because its truth is undefined nearly everywhere.
_MAX_DRAWS: Final = 50

SamplingKind = Literal["uniform", "log", "grid"]
Sign = Literal["positive", "negative", "both"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sampling:
    """How the values of one variable are drawn.

    Attributes:
        low, high: the interval. For `log` both are positive: bounds of the absolute value.
        sampling: "uniform", "log" (log-uniform) or "grid" (n even points from low to high).
        sign: for `log`, the side of zero: "positive", "negative" or "both" (each with probability 1/2).

    Raises:
        SuiteError: low is not below high, a value is not finite, or an unknown word.
    """

    low: float
    high: float
    sampling: SamplingKind = "uniform"
    sign: Sign = "positive"

    def __post_init__(self) -> None:
        for name in ("low", "high"):
            value = getattr(self, name)
            if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) <= _MAX_BOUND:
                raise SuiteError(f"{name} must be a number between -{_MAX_BOUND:g} and {_MAX_BOUND:g}, got {value!r}")
            object.__setattr__(self, name, float(value))
        for name, words in (("sampling", ("uniform", "log", "grid")), ("sign", ("positive", "negative", "both"))):
            if getattr(self, name) not in words:
                raise SuiteError(f"{name} must be one of {', '.join(words)}, got {getattr(self, name)!r}")
        if not self.low < self.high:
            raise SuiteError(f"low must be below high, got low = {self.low:g}, high = {self.high:g}")
        if self.sampling == "log" and self.low <= 0:
            raise SuiteError(f"log sampling needs low > 0 (bounds of the absolute value), got low = {self.low:g}")
        if self.sampling != "log" and self.sign != "positive":
            raise SuiteError(f"sign = {self.sign!r} goes with log sampling; for {self.sampling} give low and high")

    @property
    def interval(self) -> tuple[float, float]:
        """Smallest and largest value that can be drawn."""
        if self.sampling != "log" or self.sign == "positive":
            return self.low, self.high
        return -self.high, (self.high if self.sign == "both" else -self.low)

    @property
    def is_positive(self) -> bool:
        """Whether every value is above zero."""
        return self.interval[0] > 0

    @property
    def middle(self) -> float:
        """The value halfway from low to high, for `log` in the logarithm."""
        if self.sampling != "log":
            return self.low + 0.5 * (self.high - self.low)
        size = math.sqrt(self.low) * math.sqrt(self.high)
        return -size if self.sign == "negative" else size

    def path(self, n: int) -> NDArray[np.float64]:
        """Return about n values in order through all that can be drawn, even ones; for `log` even in the logarithm."""
        import numpy as np

        if self.sampling != "log":
            return np.linspace(self.low, self.high, n)
        if self.sign == "positive":
            return np.geomspace(self.low, self.high, n)
        if self.sign == "negative":
            return -np.geomspace(self.high, self.low, n)
        half = np.geomspace(self.low, self.high, (n + 1) // 2)
        return np.concatenate([-half[::-1], half])

    def draw(self, n: int, rng: np.random.Generator) -> NDArray[np.float64]:
        """Draw n values, shape (n,). A grid is drawn in order."""
        import numpy as np

        if self.sampling == "grid":
            return np.linspace(self.low, self.high, n)
        return self.draw_fresh(n, rng)

    def draw_fresh(self, n: int, rng: np.random.Generator) -> NDArray[np.float64]:
        """Draw n random values of the same domain, shape (n,): uniform for a grid."""
        import numpy as np

        if self.sampling == "log":
            size = np.exp(rng.uniform(math.log(self.low), math.log(self.high), n))
            return np.clip(size, self.low, self.high) * self._signs(n, rng)  # exp(log(low)) may round below low
        return rng.uniform(self.low, self.high, n)

    def draw_far(self, n: int, rng: np.random.Generator) -> NDArray[np.float64]:
        """Draw n values outside the interval, shape (n,).

        Uniform and grid: as far as half the interval's width beyond either end, but never across zero where the
        interval itself lies on one side of it. Log: within a factor of ten beyond either bound.
        """
        import numpy as np

        upper = rng.random(n) < 0.5
        share = rng.random(n)
        if self.sampling == "log":
            size = np.where(upper, self.high * 10.0**share, self.low * 10.0**-share)
            return size * self._signs(n, rng)
        reach = 0.5 * (self.high - self.low)
        below, above = self.low - reach * share, self.high + reach * share
        if self.low >= 0:
            below = self.low * (1 - share) if self.low > 0 else above
        if self.high <= 0:
            above = self.high * (1 - share) if self.high < 0 else below
        return np.where(upper, above, below)

    def _signs(self, n: int, rng: np.random.Generator) -> NDArray[np.float64]:
        import numpy as np

        both = np.where(rng.random(n) < 0.5, -1.0, 1.0)
        return {"positive": np.ones(n), "negative": -np.ones(n), "both": both}[self.sign]

    def describe(self) -> str:
        """Return the text used on the command line and in tables: `-3:3`, `log:0.01:1`, `grid:0:1`."""
        kind = "" if self.sampling == "uniform" else f"{self.sampling}:"
        sign = "" if self.sign == "positive" else f":{self.sign}"
        low, high = (f"{v:g}" if float(f"{v:g}") == v else repr(v) for v in (self.low, self.high))
        return f"{kind}{low}:{high}{sign}"

    @classmethod
    def parse(cls, text: str) -> Sampling:
        """Read the text that `describe` returns.

        Raises:
            SuiteError: it is none, or says what no sampling can be.
        """
        kind, _, rest = text.partition(":")
        kinds: dict[str, SamplingKind] = {"log": "log", "grid": "grid"}
        low, _, ends = (rest if kind in kinds else text).partition(":")
        high, colon, side = ends.partition(":")
        signs: dict[str, Sign] = {"positive": "positive", "negative": "negative", "both": "both"}
        try:
            if colon and (kind != "log" or side not in signs):
                raise ValueError
            bounds = float(low), float(high)
        except ValueError:
            raise SuiteError(
                f"a sampling must be LOW:HIGH, grid:LOW:HIGH, log:LOW:HIGH, log:LOW:HIGH:negative or "
                f"log:LOW:HIGH:both, such as -3:3, got {text!r:.80}"
            ) from None
        return cls(low=bounds[0], high=bounds[1], sampling=kinds.get(kind, "uniform"), sign=signs.get(side, "positive"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """One problem of a suite.

    Attributes:
        name: `suite/task`; the part after the suite has no slash and no space.
        suite: the suite's name.
        version: raised when the definition changes.
        truth: the ground truth; None for measured data, which then has no recovery score.
        variables: a `Sampling` for each variable, in the order of the columns.
        n_train, n_test: numbers of points; `far` has n_test points too.
        source: where the task comes from (citation).
        data: measured points to split instead of drawing; None where points are drawn from the truth.

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
            if not whole or value < 1 or (most is not None and value > most):
                wanted = "of at least 1" if most is None else f"from 1 to {most:,}"
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
            rows = order[: self.n_train], order[self.n_train : self.n_train + self.n_test]
            train, test = (Samples(variables=self.data.variables, x=self.data.x[r], y=self.data.y[r]) for r in rows)
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
            train = Samples(variables=train.variables, x=train.x, y=disturbed)
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
