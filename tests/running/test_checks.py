"""The checks of the conformance kit: a good method passes all, and each has a method that does not."""

from __future__ import annotations

import contextlib
import dataclasses
import re
import time
import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

from srbench_lite import Budget, Capabilities, Expression, Fit, FitError, Method, Report, Samples
from srbench_lite.running import checks as kit
from srbench_lite.running.checks import METHOD_CHECKS, Check, line_samples, run_check, toy_samples

CHECKS = {check.name: check for check in METHOD_CHECKS}
ONE = Expression.constant(1.0)


@dataclass(frozen=True, kw_only=True)
class Good(Method):
    """The mean of y, reported once; with some noise that only the seed decides."""

    name = "good"
    summary = "the mean of y"
    source = "tests"

    depth: int = 3
    rate: float = 0.5
    label: str = "a"
    fast: bool = True
    limit: int | None = None

    def fit(self, samples: Samples, *, seed: int, budget: Budget, report: Report) -> Fit:
        found = Expression.constant(float(samples.y.mean()))
        report(found)
        return Fit(expression=found, extras={"steps": 3})


def variant(**attributes: Any) -> Method:
    """Return `Good` with some class attributes or methods replaced."""
    return type("Bad", (Good,), attributes)()


def fit(body: Any) -> Method:
    """Return `Good` with another `fit(samples, seed, budget, report)`."""

    def replaced(self: Method, samples: Samples, *, seed: int, budget: Budget, report: Report) -> Fit:
        return body(samples, seed, budget, report)

    return variant(fit=replaced)


def mean(samples: Samples) -> Fit:
    return Fit(expression=Expression.constant(float(samples.y.mean())))


def raises(error: BaseException) -> Any:
    def body(*_: Any) -> Fit:
        raise error

    return body


def writes(samples: Samples, *_: Any) -> Fit:
    for array in (samples.x, samples.y):
        array.setflags(write=True)
        array += 1.0
    return mean(samples)


def overruns(samples: Samples, seed: int, budget: Budget, report: Report) -> Fit:
    time.sleep(0.4 if budget.seconds < 1 else 0.0)
    return mean(samples)


def prints(samples: Samples, *_: Any) -> Fit:
    print("epoch 1")
    return mean(samples)


def warns(samples: Samples, *_: Any) -> Fit:
    warnings.warn("did not converge", stacklevel=1)
    return mean(samples)


def reports_text(samples: Samples, seed: int, budget: Budget, report: Any) -> Fit:
    report("x + 1")
    return mean(samples)


def protected(samples: Samples, *_: Any) -> Fit:
    """As packages do that write log for log(abs(x))."""
    return Fit(expression=Expression.parse("log(x)"), predictions=np.log(np.abs(samples.x[:, 0])))


def predicts_otherwise(samples: Samples, *_: Any) -> Fit:
    found = Expression.variable("x")
    return Fit(expression=found, predictions=samples.x[:, 0] + 3.9 * samples.y.std())


def hastily(gap: float) -> Any:
    """Return what predicts as its formula does in time, and otherwise on a small budget."""

    def body(samples: Samples, seed: int, budget: Budget, report: Report) -> Fit:
        off = gap * samples.y.std() * (len(samples) != 80)
        return Fit(expression=Expression.variable("x"), predictions=samples.x[:, 0] + off)

    return body


def looks_up(samples: Samples, *_: Any) -> Fit:
    """The truth of the installed task that has these points."""
    from srbench_lite import discover

    for task in discover().tasks.values():
        if task.truth is not None and set(task.variables) == set(samples.variables):
            values = task.truth(samples.columns)
            if values.shape == samples.y.shape and np.allclose(values, samples.y, rtol=1e-12):
                return Fit(expression=task.truth)
    return mean(samples)


def looks_up_in_the_package(samples: Samples, *_: Any) -> Fit:
    """As `looks_up`, but without asking the registry."""
    try:
        import srbench_nguyen  # noqa: F401
    except ImportError:
        return mean(samples)
    return Fit(expression=Expression.parse(f"{samples.variables[0]} + 1"))


@dataclass(frozen=True, kw_only=True)
class Unplain(Good):
    widths: tuple[tuple[int, ...], ...] = ((1, 2),)


@dataclass(frozen=True, kw_only=True)
class Forgetful(Good):
    def parameters(self) -> dict[str, Any]:
        return {"depth": 7}


class Lax(Good):
    def with_parameters(self, parameters: Any) -> Lax:
        known = {f.name for f in dataclasses.fields(self)}
        return dataclasses.replace(self, **{k: v for k, v in parameters.items() if k in known})


class Rude(Good):
    def with_parameters(self, parameters: Any) -> Rude:
        return dataclasses.replace(self, **parameters)


#: (check, a method that fails it, what is said of it)
BAD = [
    ("describes-itself", variant(name=""), "name must be one line of text, got ''"),
    ("describes-itself", variant(name="my method!"), "name must be letters, digits"),
    ("describes-itself", variant(summary="two\nlines"), "summary must be one line"),
    ("describes-itself", variant(source=None), "source must be one line"),
    ("describes-itself", variant(version=2), "version must be one line"),
    ("returns-a-fit", fit(lambda *_: "x + 1"), "must return a Fit, got str"),
    ("returns-a-fit", fit(lambda *_: None), "must return a Fit, got NoneType"),
    ("returns-a-fit", fit(lambda *_: Fit(expression=ONE, extras={"a": float("nan")})), "plain JSON"),
    ("returns-a-fit", fit(lambda *_: Fit(expression=ONE, extras={"a": np.ones(2)})), "plain JSON"),
    ("returns-a-fit", fit(raises(ValueError("no"))), "raised ValueError: no"),
    ("repeats-itself", fit(lambda *_: Fit(expression=Expression.constant(time.perf_counter()))), "same seed gave"),
    (
        "repeats-itself-on-noise",
        fit(lambda *_: Fit(expression=Expression.constant(time.perf_counter()))),
        "same seed gave .* and, on a machine 2 times slower",
    ),
    ("leaves-samples-alone", fit(writes), "raised ValueError|were made writable"),
    ("uses-given-variables", fit(lambda *_: Fit(expression=Expression.variable("x"))), "uses x, which is no variable"),
    ("respects-the-limit", fit(overruns), "on a budget of 0.1 s"),
    ("formula-is-the-prediction", fit(protected), r"the formula log\(x\) is undefined on \d+ of the 80 points"),
    ("formula-is-the-prediction", fit(predicts_otherwise), "up to 3.9 standard deviations of y from the method's own"),
    ("formula-is-the-prediction", fit(hastily(0.01)), "up to 0.01 standard deviations of y"),
    ("formula-is-the-prediction", fit(lambda *_: Fit(expression=ONE, predictions=np.ones(3))), "80 numbers, got shape"),
    ("constant-target", fit(lambda *_: Fit(expression=Expression.constant(4.0))), "every y is 4.25, the answer was 4"),
    ("constant-target", fit(raises(FitError())), "without saying why"),
    ("constant-target", fit(raises(ZeroDivisionError("division by zero"))), "raised ZeroDivisionError"),
    ("one-point", fit(raises(np.linalg.LinAlgError("singular"))), "raised LinAlgError: singular"),
    ("one-point", fit(raises(FitError())), "without saying why"),
    ("ignores-the-suites", fit(looks_up), "points of an installed task gave .*, and .* where no suite is installed"),
    ("ignores-the-suites", fit(looks_up_in_the_package), r"gave x \+ 1, and"),
    ("prints-nothing", fit(prints), "it printed 'epoch 1'"),
    ("prints-nothing", fit(warns), "it warned: did not converge"),
    ("parameters-round-trip", Unplain(), r"widths must be .* or a tuple of these, got \(\(1, 2\),\)"),
    ("parameters-round-trip", Forgetful(), "came back as"),
    ("refuses-nonsense", Lax(), "an unknown hyper-parameter was accepted"),
    ("refuses-nonsense", Rude(), "raised TypeError"),
    ("reports-expressions", fit(reports_text), "report\\(\\) takes an Expression, got str"),
]


@pytest.fixture(autouse=True)
def _short_limit(monkeypatch):
    """The check of the limit gives two seconds; here a tenth."""

    def quick(**fields: Any) -> Budget:
        return Budget(**(fields | {"seconds": min(fields["seconds"], 0.1)}))

    monkeypatch.setattr(kit, "Budget", quick)
    monkeypatch.setattr(kit, "_MAX_OVERRUN_FACTOR", -8.5)  # with one second more: 0.15 s


@pytest.mark.parametrize("check", METHOD_CHECKS, ids=lambda check: check.name)
def test_a_good_method_passes(check):
    assert run_check(check, Good()) is None


@pytest.mark.parametrize(("name", "method", "complaint"), BAD)
def test_a_bad_method_does_not(name, method, complaint):
    said = run_check(CHECKS[name], method)
    assert said is not None
    assert re.search(complaint, said)
    assert "\n" not in said


def test_every_check_has_a_bad_method():
    assert {name for name, _, _ in BAD} == set(CHECKS)


@pytest.mark.parametrize("method", [Lax(), Rude(), fit(prints), fit(overruns)])
def test_a_check_looks_at_its_own_promise_only(method):
    others = [CHECKS[name] for name in ("describes-itself", "returns-a-fit", "parameters-round-trip", "one-point")]
    assert [run_check(check, method) for check in others] == [None] * 4


def test_a_fit_error_that_says_why_is_an_answer():
    refusing = fit(raises(FitError("too few points")))
    assert run_check(CHECKS["one-point"], refusing) is None
    assert run_check(CHECKS["constant-target"], refusing) is None
    assert run_check(CHECKS["returns-a-fit"], refusing) == "raised FitError: too few points"


def test_a_method_that_says_it_is_random_may_be():
    method = fit(lambda *_: Fit(expression=Expression.constant(time.perf_counter())))
    assert run_check(CHECKS["repeats-itself"], method) is not None
    type(method).capabilities = Capabilities(deterministic=False)
    assert run_check(CHECKS["repeats-itself"], method) is None


def test_a_method_that_answers_otherwise_each_time_has_looked_nothing_up():
    numbers = iter(range(100))
    method = fit(lambda *_: Fit(expression=Expression.constant(float(next(numbers)))))
    assert run_check(CHECKS["ignores-the-suites"], method) is None
    assert next(numbers) == 6

    told = iter([1.0, 2.0, 2.0, 3.0])  # chance: one of either side is the same
    assert (
        run_check(CHECKS["ignores-the-suites"], fit(lambda *_: Fit(expression=Expression.constant(next(told))))) is None
    )


def test_a_fit_that_its_budget_cut_is_tried_again():
    told = iter([3.0, 1.0, 1.0])

    def once(*_: Any) -> Fit:
        value = next(told)
        return Fit(expression=Expression.constant(value), stopped="budget" if value == 3.0 else "done")

    assert run_check(CHECKS["repeats-itself"], fit(once)) is None

    def always(*_: Any) -> Fit:
        return Fit(expression=Expression.constant(time.perf_counter()), stopped="budget")

    said = run_check(CHECKS["repeats-itself"], fit(always))
    assert said is not None
    assert said.endswith("5 of 5 fits were ended by their budget of 20 s")


@pytest.mark.parametrize("speed", [0.25, 4.0])
def test_on_noise_the_clock_is_that_of_the_reference_whatever_the_machine(monkeypatch, speed):
    factors = []

    def slowed(factor: float) -> contextlib.nullcontext[None]:
        factors.append(factor)
        return contextlib.nullcontext()

    monkeypatch.setattr(kit, "machine_speed", lambda: speed)
    monkeypatch.setattr(kit, "slowed", slowed)
    assert run_check(CHECKS["repeats-itself-on-noise"], Good()) is None
    assert factors == [speed, 2 * speed]


def test_on_noise_a_fit_that_a_slow_moment_cut_is_tried_again():
    told = iter([1.0, 3.0, 1.0, 1.0])

    def once(*_: Any) -> Fit:
        value = next(told)
        return Fit(expression=Expression.constant(value), stopped="budget" if value == 3.0 else "done")

    assert run_check(CHECKS["repeats-itself-on-noise"], fit(once)) is None
    assert next(told, None) is None

    counted = iter(range(100))

    def always(*_: Any) -> Fit:
        return Fit(expression=Expression.constant(next(counted)), stopped="budget")

    said = run_check(CHECKS["repeats-itself-on-noise"], fit(always))
    assert said == "the same seed gave 4 and, on a machine 2 times slower, 5"


def test_a_method_for_one_variable_is_given_one():
    seen = []

    def look(samples: Samples, *_: Any) -> Fit:
        seen.append(samples.variables)
        return mean(samples)

    method = fit(look)
    type(method).capabilities = Capabilities(max_variables=1)
    assert run_check(CHECKS["uses-given-variables"], method) is None
    assert seen == [("velocity",)]


def test_names_and_promises_are_one_line_and_distinct():
    assert len(CHECKS) == len(METHOD_CHECKS)
    assert all(check.promise and "\n" not in check.promise for check in METHOD_CHECKS)


def test_the_samples_of_the_kit():
    line = line_samples(5)
    assert line.y.tolist() == (2 * line.x[:, 0] + 1).tolist()
    toy = toy_samples(50)
    assert np.allclose(toy.y, np.sin(2 * toy.x[:, 0]) + 0.5 * toy.x[:, 0])
    assert toy_samples(50).x.tolist() == toy.x.tolist()


def test_predictions_that_differ_by_rounding_are_the_formulas():
    assert run_check(CHECKS["formula-is-the-prediction"], fit(hastily(9e-4))) is None


def test_whatever_a_check_raises_is_a_complaint():
    def run(method: Method) -> str | None:
        raise KeyError("oops")

    assert run_check(Check(name="a", promise="b", run=run), Good()) == "raised KeyError: 'oops'"


def test_every_check_says_what_to_do():
    assert all(check.remedy and "\n" not in check.remedy for check in METHOD_CHECKS)


def test_a_promise_that_a_method_did_not_make_is_skipped():
    random, narrow = fit(mean), fit(mean)
    type(random).capabilities = Capabilities(deterministic=False)
    type(narrow).skip_reason = lambda self, samples: "too few" if len(samples) == 1 else None
    skipped = {check.name: check.why_skipped(random) for check in METHOD_CHECKS}
    assert {name for name, why in skipped.items() if why} == {"repeats-itself", "repeats-itself-on-noise"}
    assert CHECKS["one-point"].why_skipped(narrow) == "too few"
    assert not [check.name for check in METHOD_CHECKS if check.why_skipped(Good())]


def test_a_method_that_quietly_finds_nothing_prints_nothing():
    def refuses(samples: Samples, *_: Any) -> Fit:
        raise FitError("y has both signs")

    assert run_check(CHECKS["prints-nothing"], fit(refuses)) is None
