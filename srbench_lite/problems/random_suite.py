"""`random_suite`: a suite that is drawn from its name, so that nobody can have seen its formulas before.

`random_suite("random:variables=2,size=7,count=50,seed=3")` draws the same tasks on every machine. The first tasks of a
suite are those of a larger one that differs in `count` only.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache
from math import comb
from typing import TYPE_CHECKING, Final

from srbench_lite.errors import SuiteError
from srbench_lite.expressions.expression import Expression
from srbench_lite.expressions.operators import OPERATORS
from srbench_lite.problems.drawn_formulas import draw_formula, variable_names
from srbench_lite.problems.drawn_truth import DomainPoints, is_good, signature
from srbench_lite.problems.draws import Draws
from srbench_lite.problems.generator_name import GENERATORS, GeneratorName, canonical_suite
from srbench_lite.problems.sampling import Sampling
from srbench_lite.problems.seeds import derive_seed
from srbench_lite.problems.suite import Suite
from srbench_lite.problems.task import Task

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["random_suite", "rebuilt_suites"]

_TAGS: Final = ("drawn",)
#: Raised when a name draws other tasks than before.
_VERSION: Final = 1
#: A formula that differs from one before it in its numbers only is taken after so many draws without a new one.
_DRAWS_FOR_NEW_FORM: Final = 40
_MAX_DRAWS: Final = 8000
#: Two values are the same where they differ by less than this share of themselves.
_SAME: Final = 1e-9
_ANY_NUMBERS: Final = (1.37, 2.11, 0.83)
#: Generators whose formulas cannot have parts to merge.
_SHORT: Final = ("polynomial", "sum")


def random_suite(name: str) -> Suite:
    """Draw the suite that a name says.

    Args:
        name: a generator and its parameters, such as `random:variables=2,size=7,count=50,seed=3`; the generators are
            `random`, `polynomial`, `sum` and `physics`, and `tasks/README.md` lists their parameters. What is left out
            has its default. The suite's own name has all of them.

    Raises:
        SuiteError: the name says what cannot be, or there are not so many different good formulas.
    """
    return _drawn(str(GeneratorName.parse(name)))


@lru_cache(maxsize=32)
def _drawn(canonical: str) -> Suite:
    name = GeneratorName.parse(canonical)
    _check_feasible(name)
    sampling = Sampling(
        low=name.number("low"), high=name.number("high"), sampling="log" if name.kind == "physics" else "uniform"
    )
    variables = variable_names(name)
    source = f"drawn by srbench-lite, generator {name.kind}, version {_VERSION}"
    tasks = [
        Task(
            name=f"{canonical}/{number:03d}", suite=canonical, version=_VERSION, truth=truth, source=source,
            variables=dict.fromkeys(variables, sampling), tags=_TAGS,
        )
        for number, truth in enumerate(_formulas(name, DomainPoints(variables, sampling)), start=1)
    ]  # fmt: skip
    summary = f"{len(tasks)} {GENERATORS[name.kind].summary}"
    return Suite(name=canonical, summary=summary, tasks=tasks, version=_VERSION, source=source, tags=_TAGS)


def rebuilt_suites(names: Iterable[str]) -> dict[str, Suite]:
    """Return, by name, those suites among recorded ones that are drawn; a name that draws nothing is left out."""
    suites = {}
    for name in sorted(set(names)):
        try:
            if canonical_suite(name) == name:
                suites[name] = random_suite(name)
        except SuiteError:
            continue
    return suites


def _check_feasible(name: GeneratorName) -> None:
    """Raise `SuiteError` where no formula can be as the parameters say."""
    variables = name.whole("variables")
    match name.kind:
        case "random":
            size = name.whole("size")
            if size < 2 * variables - 1:
                raise SuiteError(
                    f"{name}: {variables} variables need a size of at least {2 * variables - 1}, got {size}"
                )
            if size % 2 == 0 and all(OPERATORS[op].arity == 2 for op in name.operators):
                raise SuiteError(f"{name}: with operators of two arguments only, size must be odd, got {size}")
        case "polynomial":
            degree, terms = name.whole("degree"), name.whole("terms")
            if terms > comb(variables + degree, degree):
                raise SuiteError(
                    f"{name}: a polynomial of degree {degree} in {variables} variable{'s' * (variables > 1)} has at "
                    f"most {comb(variables + degree, degree)} terms, got {terms}"
                )
            if degree * terms < variables:
                raise SuiteError(f"{name}: {terms} terms of degree {degree} cannot hold {variables} variables")
        case "sum" if name.whole("terms") < variables:
            raise SuiteError(f"{name}: terms must be at least variables, got {name.whole('terms')} and {variables}")


def _formulas(name: GeneratorName, points: DomainPoints) -> list[Expression]:
    """Draw the truths of a suite, all different."""
    identity = {key: value for key, value in name.values.items() if key != "count"}
    chosen: list[Expression] = []
    functions, forms = _Known(), _Known()
    for number in range(1, name.whole("count") + 1):
        truth = _next(name, points, functions, forms, {**identity, "generator": name.kind, "task": number})
        if truth is None:
            raise SuiteError(
                f"{name}: only {len(chosen)} different formulas were found that are defined on the whole domain, of "
                f"moderate size, and without idle parts; give a smaller count, another range, or larger formulas"
            )
        chosen.append(truth)
    return chosen


def _next(
    name: GeneratorName, points: DomainPoints, functions: _Known, forms: _Known,
    identity: Mapping[str, int | float | str],
) -> Expression | None:  # fmt: skip
    """Draw until a formula is good and new; None where there is none among many."""
    refused: set[Expression] = set()
    for attempt in range(_MAX_DRAWS):
        truth = draw_formula(name, Draws(derive_seed(attempt=attempt, **identity)))
        if truth is None or truth in refused:
            continue
        function = None if not is_good(truth, points, written_short=name.kind in _SHORT) else signature(truth, points)
        if function is None or functions.has(function):
            refused.add(truth)
            continue
        numbers = [value if value == 1 else _ANY_NUMBERS[i % 3] for i, value in enumerate(truth.constants)]
        form = signature(truth.with_constants(numbers), points)
        if attempt < _DRAWS_FOR_NEW_FORM and forms.has(form):
            continue
        functions.add(function)
        forms.add(form)
        return truth
    return None


class _Known:
    """Signatures of the formulas that are taken."""

    def __init__(self) -> None:
        self._rows: NDArray[np.float64] | None = None

    def has(self, row: NDArray[np.float64]) -> bool:
        import numpy as np

        if self._rows is None:
            return False
        return bool(np.isclose(self._rows, row, rtol=_SAME, atol=0, equal_nan=True).all(axis=1).any())

    def add(self, row: NDArray[np.float64]) -> None:
        import numpy as np

        self._rows = row[None] if self._rows is None else np.vstack([self._rows, row])
