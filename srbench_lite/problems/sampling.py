"""`Sampling`: where the values of one variable come from."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Literal, get_args

from srbench_lite.errors import ExpressionError, SuiteError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["Sampling", "SamplingKind", "Sign", "read_bound"]

#: Bounds of a variable lie within +- this, so that widths and points far outside stay finite.
_MAX_BOUND: Final = 1e300
#: Whole numbers within +- this are all different in float64.
_MAX_WHOLE: Final = 2.0**53
#: By what share of a step the end of a grid may miss its upper bound and still be it.
_STEP_ROUNDING: Final = 1e-6
#: No grid has more values.
_MAX_STEPS: Final = 10_000_000
SamplingKind = Literal["uniform", "log", "grid", "integer"]
Sign = Literal["positive", "negative", "both"]
_KINDS: Final = get_args(SamplingKind)
_SIGNS: Final = get_args(Sign)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sampling:
    """How the values of one variable are drawn.

    Attributes:
        low, high: the closed interval. For `log` both are positive: bounds of the absolute value.
        sampling: "uniform", "log" (log-uniform), "grid" (n even points from low to high) or "integer" (whole numbers
            from low to high, each equally likely).
        sign: for `log`, the side of zero: "positive", "negative" or "both" (each with probability 1/2).
        step: for `grid`, the distance of its values: low, low + step, ... up to high. Several variables with a step
            span a mesh, every value of one with every value of the others; it alone says how many points there are.

    Raises:
        SuiteError: low is not below high, a value is not finite, or an unknown word.
    """

    low: float
    high: float
    sampling: SamplingKind = "uniform"
    sign: Sign = "positive"
    step: float | None = field(default=None, repr=False)  # the judge's points follow from the text without it

    def __post_init__(self) -> None:
        for name in ("low", "high"):
            value = getattr(self, name)
            if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) <= _MAX_BOUND:
                raise SuiteError(f"{name} must be a number between -{_MAX_BOUND:g} and {_MAX_BOUND:g}, got {value!r}")
            object.__setattr__(self, name, float(value))
        for name, words in (("sampling", _KINDS), ("sign", _SIGNS)):
            if getattr(self, name) not in words:
                raise SuiteError(f"{name} must be one of {', '.join(words)}, got {getattr(self, name)!r}")
        if not self.low < self.high:
            raise SuiteError(f"low must be below high, got low = {self.low:g}, high = {self.high:g}")
        if self.sampling == "log" and self.low <= 0:
            raise SuiteError(
                f"log sampling needs low > 0 (bounds of the absolute value), got low = {self.low:g}; an interval that "
                "holds zero can be uniform"
            )
        if self.sampling != "log" and self.sign != "positive":
            raise SuiteError(f"sign = {self.sign!r} goes with log sampling; for {self.sampling} give low and high")
        if self.sampling == "integer":
            for name in ("low", "high"):
                value = getattr(self, name)
                if not value.is_integer() or abs(value) > _MAX_WHOLE:
                    raise SuiteError(f"integer sampling needs whole numbers within +-2^53, got {name} = {value!r}")
        if self.step is not None:
            self._check_step(self.step)

    def _check_step(self, step: object) -> None:
        if self.sampling != "grid":
            raise SuiteError(f'step = {step!r} goes with sampling = "grid"; leave it out for {self.sampling}')
        if isinstance(step, bool) or not isinstance(step, int | float) or not 0 < step <= self.high - self.low:
            raise SuiteError(f"step must be a positive number of at most high - low, got {step!r}")
        if (self.high - self.low) / step > _MAX_STEPS:
            raise SuiteError(f"step = {step!r} gives a grid of more than {_MAX_STEPS:,} values; give a larger one")
        object.__setattr__(self, "step", float(step))

    def hull(self, other: Sampling) -> Sampling:
        """Return a sampling of the smallest interval that holds both: of their kind, or uniform where they differ."""
        if self.sampling == other.sampling and self.sign == other.sign:
            return Sampling(
                low=min(self.low, other.low), high=max(self.high, other.high), sampling=self.sampling, sign=self.sign
            )
        (low, high), (other_low, other_high) = self.interval, other.interval
        return Sampling(low=min(low, other_low), high=max(high, other_high))

    @property
    def steps(self) -> int | None:
        """Number of values of a grid with a step; None where there is no step."""
        if self.step is None:
            return None
        return math.floor((self.high - self.low) / self.step + _STEP_ROUNDING) + 1

    def mesh_values(self) -> NDArray[np.float64]:
        """Return the values of a grid with a step, in order; shape (steps,)."""
        import numpy as np

        assert self.step is not None
        assert self.steps is not None
        values = self.low + self.step * np.arange(self.steps)
        if abs(values[-1] - self.high) <= _STEP_ROUNDING * self.step:
            values = np.linspace(self.low, self.high, self.steps)
        return np.asarray(np.minimum(values, self.high))

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
        """The value halfway from low to high, for `log` in the logarithm, for `integer` a whole number."""
        if self.sampling == "integer":
            return float((int(self.low) + int(self.high)) // 2)
        if self.sampling != "log":
            return self.low + 0.5 * (self.high - self.low)
        size = math.sqrt(self.low) * math.sqrt(self.high)
        return -size if self.sign == "negative" else size

    def path(self, n: int) -> NDArray[np.float64]:
        """Return about n values in order through all that can be drawn, even ones; for `log` even in the logarithm.

        For `integer` they are even ones too, between whole numbers: what formulas do there shows them apart.
        """
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
        if self.sampling == "integer":
            return rng.integers(int(self.low), int(self.high), n, endpoint=True).astype(np.float64)
        return rng.uniform(self.low, self.high, n)

    def draw_far(self, n: int, rng: np.random.Generator) -> NDArray[np.float64]:
        """Draw n values outside the interval, shape (n,).

        Uniform and grid: as far as half the interval's width beyond either end, but never across zero where the
        interval itself lies on one side of it. Log: within a factor of ten beyond either bound. Integer: as uniform,
        whole numbers, of which at least one lies beyond an end.
        """
        import numpy as np

        upper = rng.random(n) < 0.5
        share = rng.random(n)
        if self.sampling == "log":
            size = np.where(upper, self.high * 10.0**share, self.low * 10.0**-share)
            return size * self._signs(n, rng)
        reach = 0.5 * (self.high - self.low)
        if self.sampling == "integer":
            return self._whole_far(max(1, int(reach)), upper, share)
        below, above = self.low - reach * share, self.high + reach * share
        if self.low >= 0:
            below = self.low * (1 - share) if self.low > 0 else above
        if self.high <= 0:
            above = self.high * (1 - share) if self.high < 0 else below
        return np.where(upper, above, below)

    def _whole_far(
        self, reach: int, upper: NDArray[np.bool_], share: NDArray[np.float64]
    ) -> NDArray[np.float64]:  # fmt: skip
        """Return whole numbers beyond the ends, up to `reach` away, on the same side of zero where low or high is."""
        import numpy as np

        down = up = reach
        if self.low >= 0:
            down = min(reach, max(int(self.low) - 1, 0))
        if self.high <= 0:
            up = min(reach, max(-int(self.high) - 1, 0))
        below = self.low - 1 - np.floor(share * down)
        above = self.high + 1 + np.floor(share * up)
        return np.where(upper if up and down else np.full(len(upper), bool(up)), above, below)

    def _signs(self, n: int, rng: np.random.Generator) -> NDArray[np.float64]:
        import numpy as np

        both = np.where(rng.random(n) < 0.5, -1.0, 1.0)
        return {"positive": np.ones(n), "negative": -np.ones(n), "both": both}[self.sign]

    def describe(self) -> str:
        """Return the text used on the command line and in tables: `-3:3`, `log:0.01:1`, `grid:0:1`, `grid:0:1:0.1`."""
        kind = "" if self.sampling == "uniform" else f"{self.sampling}:"
        sign = "" if self.sign == "positive" else f":{self.sign}"
        low, high = map(_number, (self.low, self.high))
        return f"{kind}{low}:{high}{sign}{'' if self.step is None else f':{_number(self.step)}'}"

    @classmethod
    def parse(cls, text: str) -> Sampling:
        """Read the text that `describe` returns.

        Raises:
            SuiteError: it is none, or says what no sampling can be.
        """
        kind, _, rest = text.partition(":")
        kinds: dict[str, SamplingKind] = {"log": "log", "grid": "grid", "integer": "integer"}
        low, _, ends = (rest if kind in kinds else text).partition(":")
        high, colon, last = ends.partition(":")
        signs: dict[str, Sign] = {"positive": "positive", "negative": "negative", "both": "both"}
        try:
            if colon and not (kind == "grid" or (kind == "log" and last in signs)):
                raise ValueError
            bounds = read_bound(low), read_bound(high)
            step = read_bound(last) if colon and kind == "grid" else None
        except ValueError:
            raise SuiteError(
                "a sampling must be LOW:HIGH, grid:LOW:HIGH, grid:LOW:HIGH:STEP, integer:LOW:HIGH, log:LOW:HIGH, "
                f"log:LOW:HIGH:negative or log:LOW:HIGH:both, such as -3:3, got {text!r:.80}"
            ) from None
        return cls(
            low=bounds[0], high=bounds[1], sampling=kinds.get(kind, "uniform"), sign=signs.get(last, "positive"),
            step=step,
        )  # fmt: skip


#: What a bound may be computed with.
_ARITHMETIC: Final[dict[str, Callable[..., float]]] = {
    "add": operator.add, "sub": operator.sub, "mul": operator.mul, "div": operator.truediv, "neg": operator.neg,
    "pow": math.pow,
}  # fmt: skip


def read_bound(text: str) -> float:
    """Read a number that may be written as a formula of numbers, pi and e, such as `2*pi` or `1/3`.

    Raises:
        ValueError: it is none.
    """
    try:
        return float(text)
    except ValueError:
        pass
    from srbench_lite.expressions.expression import Expression
    from srbench_lite.expressions.operators import NAMED_CONSTANTS

    def leaf(node: Expression) -> float:
        return NAMED_CONSTANTS[node.op][0] if node.value is None else node.value

    try:
        formula = Expression.parse(text, variables=())
        return formula.fold(leaf, lambda node, args: _ARITHMETIC[node.op](*args))
    except (ExpressionError, KeyError, ArithmeticError, ValueError):
        raise ValueError(f"a number, or a formula of numbers, pi and e, such as 2*pi, got {text!r:.80}") from None


def _number(value: float) -> str:
    return f"{value:g}" if float(f"{value:g}") == value else repr(value)
