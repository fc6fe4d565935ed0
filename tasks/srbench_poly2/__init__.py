"""The suite `poly2`: 100 polynomials of degree at most 2, drawn once by a seeded generator.

Coefficients are multiples of 0.1 in [-5, 5]. The linear and quadratic terms are each missing with probability 0.2 and
the constant with probability 0.2, so constants, lines and pure squares occur; the zero polynomial does not.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from random import Random
from typing import Final

from srbench_lite import DeferredTasks, Expression, Sampling, Suite, Task, hookimpl

N_TASKS: Final = 100
_SEED: Final = 20_261_122
_MISSING: Final = 0.2
_SOURCE: Final = "srbench-lite, seeded generator"
_LICENCE: Final = "MIT"
_TAGS: Final = ("polynomial",)
_CONSTANT: Final = "The truth is a constant, as the generator allows: there is no R², and nothing to find but a number."


def _polynomials() -> Iterator[Expression]:
    """Yield distinct polynomials for ever. Only `Random.random` is used: its stream never changes between versions."""
    rng = Random(_SEED)
    x = Expression.variable("x")
    seen: set[tuple[int, int, int]] = set()
    while True:
        tenths = [0, 0, 0]
        for power in range(3):
            if rng.random() >= _MISSING:
                while tenths[power] == 0:
                    tenths[power] = int(rng.random() * 101) - 50
        c0, c1, c2 = tenths
        if (c0, c1, c2) == (0, 0, 0) or (c0, c1, c2) in seen:
            continue
        seen.add((c0, c1, c2))
        result: Expression | None = None
        for c, term in ((c2, x**2), (c1, x), (c0, None)):
            if c == 0:
                continue
            size = Expression.constant(abs(c) / 10)
            part = size if term is None else term if abs(c) == 10 else size * term
            if result is None:
                result = -part if c < 0 and term is not None and abs(c) == 10 else _signed(c, term, part)
            else:
                result = result - part if c < 0 else result + part
        assert result is not None
        yield result


def _signed(c: int, term: Expression | None, part: Expression) -> Expression:
    if c > 0:
        return part
    number = Expression.constant(c / 10)
    return number if term is None else number * term


def _tasks() -> Iterator[Task]:
    for index, polynomial in enumerate(islice(_polynomials(), N_TASKS), start=1):
        yield Task(
            name=f"poly2/poly-{index:03d}", suite="poly2", truth=polynomial,
            variables={"x": Sampling(low=-1.0, high=1.0)}, source=_SOURCE, licence=_LICENCE, tags=(*_TAGS, "easy"),
            erratum="" if polynomial.variables else _CONSTANT,
        )  # fmt: skip


@hookimpl
def srbench_suites() -> Iterable[Suite]:
    """Add `poly2`."""
    tasks = DeferredTasks("poly2", _tasks, count=N_TASKS, counts=(1, 1))
    return [
        Suite(
            name="poly2", summary="100 polynomials of degree at most 2 in one variable, x in [-1, 1]", tasks=tasks,
            source=_SOURCE, licence=_LICENCE, tags=_TAGS,
        )
    ]  # fmt: skip
