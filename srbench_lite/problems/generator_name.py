"""`GeneratorName`: what a suite that is drawn is called, `random:size=7,seed=3`, with every parameter written out.

The canonical name has all keys in alphabetical order. It is the suite's name and stands in every task's name, so it is
part of fingerprints and of the keys of records, and it is enough to draw the suite again.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from srbench_lite.errors import SuiteError, suggest
from srbench_lite.expressions.operators import OPERATORS
from srbench_lite.expressions.printing import number_text

__all__ = [
    "GENERATORS", "OPERATOR_SETS", "Generator", "GeneratorName", "Key", "canonical_suite", "canonical_task",
    "generators_as_rows",
]  # fmt: skip

_MAX_TEXT: Final = 600
#: Sets of operators by name. `neg` is in none: a difference and a negative factor say the same.
OPERATOR_SETS: Final[Mapping[str, tuple[str, ...]]] = {
    "basic": ("add", "sub", "mul", "div", "pow"),
    "usual": ("add", "sub", "mul", "div", "pow", "sin", "cos", "exp", "log", "sqrt"),
    "all": tuple(name for name in OPERATORS if name != "neg"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """A parameter of a generator: its name, default and bounds, and what it says.

    `kind` is "whole", "number" or "operators"; bounds are of the first two.
    """

    name: str
    default: int | float | str
    meaning: str
    low: float = -math.inf
    high: float = math.inf
    kind: str = "whole"

    def read(self, text: str) -> int | float | str:
        """Return the value that a text says; raises `SuiteError`."""
        if self.kind == "operators":
            return _operators(text)
        try:
            value: int | float = int(text) if self.kind == "whole" else float(text)
        except ValueError:
            value = math.nan
        if not self.low <= value <= self.high:
            kind = "a whole number" if self.kind == "whole" else "a number"
            raise SuiteError(
                f"{self.name} must be {kind} from {number_text(self.low)} to {number_text(self.high)}, got {text!r:.40}"
            )
        return value

    @property
    def range(self) -> str:
        """What values there are, for people."""
        if self.kind == "operators":
            return f"{', '.join(OPERATOR_SETS)}, or names with + between them"
        return f"{number_text(self.low)} to {number_text(self.high)}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Generator:
    """A kind of suite that is drawn: its name, what it draws, and its parameters."""

    name: str
    summary: str
    keys: tuple[Key, ...]


def _keys(*own: Key, variables: int, most: int, low: float, high: float, log: bool = False) -> tuple[Key, ...]:
    """Return the parameters of a generator: its own and those that all have."""
    least, largest = (1e-3, 1e3) if log else (-100, 100)
    what = " of the log-uniform range of every variable" if log else " of the range of every variable"
    every = (
        *own,
        Key(name="variables", default=variables, meaning="variables of every formula, x1, x2, ...", low=1, high=most),
        Key(name="count", default=20, meaning="number of tasks", low=1, high=1000),
        Key(name="seed", default=0, meaning="what the draw depends on", low=0, high=999_999_999),
        Key(name="low", default=float(low), meaning=f"lower end{what}", low=least, high=largest, kind="number"),
        Key(name="high", default=float(high), meaning=f"upper end{what}", low=least, high=largest, kind="number"),
    )  # fmt: skip
    return tuple(sorted(every, key=lambda key: key.name))


_TERMS: Final = "number of terms"
GENERATORS: Final[Mapping[str, Generator]] = {
    generator.name: generator
    for generator in (
        Generator(
            name="random", summary="random expression trees",
            keys=_keys(
                Key(name="size", default=7, meaning="nodes of the expression tree", low=1, high=25),
                Key(name="operators", default="usual", meaning="operators of the tree", kind="operators"),
                variables=2, most=6, low=1, high=5,
            ),
        ),
        Generator(
            name="polynomial", summary="polynomials with coefficients of two digits",
            keys=_keys(
                Key(name="degree", default=3, meaning="total degree", low=1, high=9),
                Key(name="terms", default=3, meaning=_TERMS, low=1, high=12),
                variables=1, most=6, low=-2, high=2,
            ),
        ),
        Generator(
            name="sum", summary="sums of simple terms with constants: 2.3*sin(1.5*x1) - 0.4*x2**2",
            keys=_keys(
                Key(name="terms", default=2, meaning=_TERMS, low=1, high=6), variables=1, most=6, low=-3, high=3
            ),
        ),
        Generator(
            name="physics", summary="products of powers as in physics, with roots, sums and exponentials of such",
            keys=_keys(variables=3, most=8, low=0.2, high=5, log=True),
        ),
    )
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class GeneratorName:
    """The name of a suite that is drawn: the generator and the value of every key, in alphabetical order."""

    kind: str
    values: Mapping[str, int | float | str]

    @classmethod
    def parse(cls, text: str) -> GeneratorName:
        """Read a name; keys that are left out have their defaults.

        Raises:
            SuiteError: an unknown generator or key, or a value that cannot be.
        """
        if len(text) > _MAX_TEXT:
            raise SuiteError(f"the name of a suite has at most {_MAX_TEXT} characters, got {text[:40]!r}...")
        kind, _, rest = text.partition(":")
        if kind not in GENERATORS:
            raise SuiteError(f"unknown generator {kind!r:.60} in {text!r:.80}.{suggest(kind, GENERATORS)}")
        keys = {key.name: key for key in GENERATORS[kind].keys}
        given: dict[str, int | float | str] = {}
        try:
            for part in rest.split(",") if rest.strip() else ():
                name, value = _named_value(part, keys)
                if name in given:
                    raise SuiteError(f"{name} is given twice")
                given[name] = keys[name].read(value)
            values = {name: given.get(name, key.default) for name, key in keys.items()}
            if not float(values["low"]) < float(values["high"]):
                raise SuiteError(f"low must be below high, got low = {values['low']}, high = {values['high']}")
        except SuiteError as error:
            raise SuiteError(f"{text!r:.120}: {error}") from None
        return cls(kind, values)

    def __str__(self) -> str:
        texts = (f"{k}={v if isinstance(v, str) else number_text(v)}" for k, v in self.values.items())
        return f"{self.kind}:{','.join(texts)}"

    @property
    def operators(self) -> tuple[str, ...]:
        """The operators that `operators` names."""
        text = str(self.values["operators"])
        return OPERATOR_SETS.get(text) or tuple(text.split("+"))

    def whole(self, key: str) -> int:
        """Return the value of a key that is a whole number."""
        return int(self.values[key])

    def number(self, key: str) -> float:
        """Return the value of a key that is a number."""
        return float(self.values[key])


def _named_value(part: str, keys: Iterable[str]) -> tuple[str, str]:
    name, equals, value = part.partition("=")
    if not equals:
        raise SuiteError(f"write KEY=VALUE with commas between, got {part.strip()!r:.60}. Keys: {', '.join(keys)}")
    if name.strip() not in keys:
        raise SuiteError(f"unknown key {name.strip()!r:.60}.{suggest(name.strip(), keys)}")
    return name.strip(), value.strip()


def _operators(text: str) -> str:
    """Return the name of a set of operators, or their names with + between, each once, in the order of the table."""
    if text in OPERATOR_SETS:
        return text
    names = [name.strip() for name in text.split("+")]
    known = OPERATOR_SETS["all"]
    for name in names:
        if name not in known:
            extra = " (write a difference, or a product with a negative number)" if name == "neg" else ""
            raise SuiteError(
                f"unknown operator {name!r:.60}{extra}.{suggest(name, (*OPERATOR_SETS, *known), listed=40)}"
            )
    chosen = tuple(name for name in known if name in names)
    return next((name for name, operators in OPERATOR_SETS.items() if operators == chosen), "+".join(chosen))


def canonical_suite(text: str) -> str | None:
    """Return the canonical name of a suite that is drawn, or None where the text is no such name.

    Such a name has a colon behind the generator. A path is none, even where it has one: it ends in .toml, or has a
    slash.

    Raises:
        SuiteError: it is one that says what cannot be.
    """
    kind, colon, _ = text.partition(":")
    if not colon or "/" in text or text.endswith(".toml") or not kind.isidentifier():
        return None
    return str(GeneratorName.parse(text))


def canonical_task(text: str) -> tuple[str, str] | None:
    """Return the canonical suite in the name of a task that is drawn, and that name: `random:size=7/003` has both.

    None where the text is no such name. The task itself may be a pattern.

    Raises:
        SuiteError: the suite says what cannot be.
    """
    suite, slash, task = text.partition("/")
    if not slash or ":" not in suite or suite.partition(":")[0] not in GENERATORS:
        return None
    canonical = str(GeneratorName.parse(suite))
    return canonical, f"{canonical}/{task}"


def generators_as_rows() -> Iterator[dict[str, str]]:
    """Yield every parameter of every generator, with its default, the values that it may have, and what it says."""
    for generator in GENERATORS.values():
        for key in generator.keys:
            default = key.default if isinstance(key.default, str) else number_text(key.default)
            yield {
                "generator": generator.name, "parameter": key.name, "default": default, "values": key.range,
                "meaning": key.meaning,
            }  # fmt: skip
