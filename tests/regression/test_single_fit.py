"""One fit: what a method found, how it ended, and why there is nothing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
import pytest
from places import HOSTILE

from srbench_lite import Budget, Expression, Fit, FitError, Method, Report, Samples, UsageError, discover
from srbench_lite.regression.single_fit import FoundFormulas, fit_once
from srbench_lite.running.spare_supervisor import end_spare_supervisor

LINE = Samples(variables=("x",), x=np.array([[0.0], [1.0], [2.0]]), y=np.array([1.0, 3.0, 5.0]))
REGISTRY = discover(files=[HOSTILE], suites=False)


@pytest.fixture(autouse=True, scope="module")
def _end() -> Iterator[None]:
    yield
    end_spare_supervisor()


def fit_of(name: str, *, seconds: float = 20, memory_mb: float = 2048, isolated: bool = True) -> FoundFormulas:
    return fit_once(
        REGISTRY.method(name), LINE, seed=0, budget=Budget(seconds=seconds, memory_mb=memory_mb), registry=REGISTRY,
        plugins=[HOSTILE], isolated=isolated,
    )  # fmt: skip


@pytest.mark.parametrize("isolated", [True, False])
def test_a_formula_is_found(isolated):
    found = fit_of("good", isolated=isolated)
    assert (str(found.expression), found.candidates, found.stopped, found.reason) == ("2*x + 1", (), "done", None)


def test_a_fit_that_does_not_end_is_stopped_and_its_best_formula_counts():
    found = fit_of("sleeps", seconds=0.3)
    assert (str(found.expression), found.stopped) == ("2*x + 1", "timeout")
    assert found.reason == "the fit was stopped at its limit of 0.3 s; the best formula so far is scored"


def test_a_fit_that_takes_too_much_memory_is_stopped():
    found = fit_of("allocates", memory_mb=300)
    assert (str(found.expression), found.stopped) == ("2*x + 1", "memout")
    assert found.reason == "the fit was stopped at its limit of 300 MiB; the best formula so far is scored"


@pytest.mark.parametrize(
    ("method", "said"),
    [
        ("ignores-term", r"found no formula \(timeout\): .* limit of 0.3 s; it had reported no formula"),
        ("segfaults", r"found no formula \(crashed\): the process was killed by SIGSEGV"),
        ("crashes", r"found no formula \(crashed\): "),
        ("finds-nothing", r"found no formula \(failed\): "),
        ("unknown-variables", "returned a text that is no formula of these data: .*"),
    ],
    ids=["timeout", "killed", "crashed", "failed", "no formula"],
)
def test_what_ends_without_a_formula_says_why(method, said):
    with pytest.raises(FitError, match=f"^{method} {said}"):
        fit_of(method, seconds=0.3 if method == "ignores-term" else 20)


def test_a_method_that_cannot_take_the_data_says_so():
    with pytest.raises(UsageError, match=r"^skips cannot be run on these data: .*; take another method$"):
        fit_of("skips")


@dataclass(frozen=True, kw_only=True)
class OfANotebook(Method):
    name = "of-a-notebook"
    summary = "is in no plugin"
    source = "tests"

    def fit(self, samples: Samples, *, seed: int, budget: Budget, report: Report) -> Fit:
        report(Expression.variable("x"))
        return Fit(expression=Expression.parse("3*x"), candidates=self.others(), stopped="budget")

    def others(self) -> Iterable[Expression]:
        return [Expression.parse("x")]


@dataclass(frozen=True, kw_only=True)
class FindsNothing(OfANotebook):
    name = "finds-none"

    def fit(self, samples: Samples, *, seed: int, budget: Budget, report: Report) -> Fit:
        raise FitError("too few points")


def test_what_finds_nothing_in_this_process_is_named_too():
    with pytest.raises(FitError, match=r"^finds-none found no formula \(failed\): too few points$"):
        fit_once(FindsNothing(), LINE, seed=0, budget=Budget(), registry=REGISTRY, isolated=False)


def test_a_method_of_a_notebook_is_fitted_in_its_own_process_only():
    with pytest.raises(UsageError, match=r"'of-a-notebook' \(class OfANotebook of .*isolated=False.*plugins=\(FILE,\)"):
        fit_once(OfANotebook(), LINE, seed=0, budget=Budget(), registry=REGISTRY)
    found = fit_once(OfANotebook(), LINE, seed=0, budget=Budget(), registry=REGISTRY, isolated=False)
    assert ([str(one) for one in (found.expression, *found.candidates)], found.stopped) == (["3*x", "x"], "budget")
