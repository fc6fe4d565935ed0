"""`Sampling`: where the values of one variable come from."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

from srbench_lite.errors import SuiteError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["Sampling", "SamplingKind", "Sign"]

#: Bounds of a variable lie within +- this, so that widths and points far outside stay finite.
_MAX_BOUND: Final = 1e300
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
