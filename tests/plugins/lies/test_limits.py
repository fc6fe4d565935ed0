"""`lies` at its limits: many variables, many points, huge numbers, no variable; jobs; and that switches switch."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from lies_fits import check, draw, error, fit, table
from numpy.typing import NDArray
from srbench_lies import Lies, LiesFast

from srbench_lite import Budget, Expression, FitError, Method, Samples, Sampling, Store, Task, discover, plan, run

rng = np.random.default_rng(11)
AB = {"a": (0.5, 2.0), "b": (1.0, 3.0)}
ABC = {**AB, "c": (0.5, 4.0)}


def table_of(x: NDArray[np.float64], y: NDArray[np.float64]) -> Samples:
    return Samples(variables=tuple(f"v{i}" for i in range(x.shape[1])), x=x, y=y)


def test_many_variables_end_in_time() -> None:
    x = rng.uniform(1, 3, (60, 40))
    samples = table_of(x, x[:, 0] * np.sin(x[:, 1]) + rng.normal(size=60))
    found = fit(LiesFast(seconds=1.0), samples)
    assert found.extras["plan"] == "work used up"
    check(found, samples)


def test_a_product_of_few_of_many_variables_is_found() -> None:
    x = rng.uniform(1, 3, (60, 40))
    samples = table_of(x, 2 * x[:, 7] ** 2 / x[:, 30])
    assert str(fit(LiesFast(), samples).expression) == "2*v7**2/v30"


def test_constants_are_fitted_to_more_points_than_are_searched() -> None:
    x = rng.uniform(1, 3, (2_000, 2))
    samples = table(x, 1.23456 * x[:, 0] / x[:, 1] + 0.3 * rng.normal(size=2_000))
    found = fit(LiesFast(snap=False), samples)
    slope = float(np.linalg.lstsq((x[:, 0] / x[:, 1])[:, None], samples.y, rcond=None)[0][0])
    assert found.expression.constants == pytest.approx((slope,), rel=1e-9)


@pytest.mark.parametrize(("of_x", "of_y"), [(1e55, 1e55), (1e60, 1e60), (1e70, 1e30), (1e-60, 1e60)])
def test_huge_numbers_give_an_answer(of_x: float, of_y: float) -> None:
    u = rng.uniform(1, 3, (40, 1))
    samples = table(of_x * u, of_y * np.sin(3 * u[:, 0]))
    check(fit(LiesFast(seconds=2.0), samples), samples)


def test_without_variables_only_a_constant_has_a_formula() -> None:
    with pytest.raises(FitError, match="no variable"):
        fit(LiesFast(), table(np.zeros((5, 0)), np.arange(5.0)))
    assert str(fit(LiesFast(), table(np.zeros((5, 0)), np.full(5, 2.5))).expression) == "2.5"


NEEDS: list[tuple[dict[str, Any], str]] = [
    ({"transforms": False, "effort": 0}, "1/(a*b + sin(a) + 2)"),
    ({"products": False, "effort": 0}, "a*cos(b)*c + b - 0.3*a"),
    ({"search": False, "network": False}, "sin(a*b) + b"),
    ({"closed_form": False, "search": False, "network": True, "restarts": 2, "steps": 20}, "sin(a*b) + b"),
]


@pytest.mark.parametrize(("switches", "truth"), NEEDS, ids=lambda v: str(v)[:40])
def test_a_switch_takes_something_away(switches: dict[str, Any], truth: str) -> None:
    samples = draw(truth, ABC if "c" in truth.replace("cos", "") else AB, n=60)
    base = {"effort": switches.get("effort", 1), "network": False}
    whole = fit(Lies(**base), samples)
    part = fit(Lies(**{**base, **switches}), samples)
    assert whole.extras["exact"]
    assert error(whole, samples) < 1e-10
    assert not part.extras["exact"]


def test_closed_forms_come_first_and_can_be_left_out() -> None:
    samples = draw("2*a**2/b", AB, n=40)
    assert fit(Lies(), samples).extras["found_by"] == "power law"
    assert fit(Lies(closed_form=False), samples).extras["found_by"] not in ("power law", "polynomial")


#: Each penalty and each refit once; the slow tests have every pair.
CHOICES = {("l1", "lm"), ("l05", "lbfgs"), ("admm", "none")}
PAIRS = [*itertools.product(("l1", "l05", "admm"), ("lm", "lbfgs", "none"))]


@pytest.mark.parametrize(
    ("penalty", "refit"), [pytest.param(*pair, marks=[] if pair in CHOICES else pytest.mark.slow) for pair in PAIRS]
)
def test_every_penalty_and_refit_can_be_chosen(penalty: str, refit: str) -> None:
    samples = draw("2*a*b", AB, n=30)
    method = Lies(closed_form=False, search=False, restarts=4, steps=40, penalty=penalty, refit=refit)  # type: ignore[arg-type]
    check(fit(method, samples), samples)


def test_the_space_of_the_network_can_be_chosen() -> None:
    samples = draw("2*a*b", AB, n=30)
    for mode, meant in (("auto", "log"), ("log", "log"), ("linear", "linear")):
        method = Lies(closed_form=False, search=False, restarts=4, steps=40, mode=mode)  # type: ignore[arg-type]
        assert fit(method, samples).extras["network"]["mode"] == meant


@pytest.mark.slow
def test_one_job_and_two_give_the_same_formulas(scoring_here: None, tmp_path: Path) -> None:
    truths = ("a*sin(2.3*b) + 0.7", "a**1.37 + exp(sin(b))")
    tasks = [
        Task(
            name=f"toy/t{k}", suite="toy", truth=Expression.parse(truth), n_train=60, n_test=100,
            variables={name: Sampling(low=low, high=high) for name, (low, high) in AB.items()},
        )
        for k, truth in enumerate(truths)
    ]  # fmt: skip
    registry = discover()
    short: dict[str, Any] = {"seconds": 1.0}  # of counted work, whatever the clock says
    methods: list[Method] = [
        Lies(closed_form=False, search=False, restarts=4, steps=20, **short), LiesFast(effort=0, **short)
    ]  # fmt: skip
    cells = plan(methods, tasks, seeds=[0], noises=[0.01], budget=Budget(seconds=60))
    found = []
    for jobs in (1, 2):
        with Store(tmp_path / f"{jobs}.db") as store:
            run(cells, registry=registry, store=store, jobs=jobs)
            found.append({record.key: (record.status, record.expression, record.stopped) for record in store})
    assert len(found[0]) == len(cells)
    assert found[0] == found[1]
