"""Methods that say they weigh points find a law among gross errors that are said to be large."""

from __future__ import annotations

import numpy as np
import pytest

from srbench_lite import Budget, Expression, Samples, Sampling, discover, judge

LAW = Expression.parse("3.2*x*exp(-x/2)")
N = 60


def samples(*, weighted: bool) -> Samples:
    """Return points of the law; one tenth of them is grossly wrong."""
    rng = np.random.default_rng(3)
    x = rng.uniform(0.2, 6, N)
    sd = np.full(N, 0.01)
    sd[rng.permutation(N)[: N // 10]] = 300.0
    y = LAW({"x": x}) + sd * rng.normal(size=N)
    return Samples(variables=("x",), x=x[:, None], y=y, weights=sd**-2.0 if weighted else None)


@pytest.mark.parametrize("name", ["lies-fast", "lasso", pytest.param("transformer", marks=pytest.mark.slow)])
def test_the_law_is_found_with_weights_and_not_without(name: str) -> None:
    method = discover().method(name)
    assert method.capabilities.weighted
    found = {}
    for weighted in (True, False):
        fit = method.fit(samples(weighted=weighted), seed=0, budget=Budget(seconds=20), report=lambda e: None)
        found[weighted] = judge(fit.expression, LAW, {"x": Sampling(low=0.2, high=6)}).recovered
        assert fit.extras["noise"]["source"] == ("weights" if weighted else "residuals")
    assert found == {True: True, False: False}
