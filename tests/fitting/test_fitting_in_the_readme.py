"""The method that the plugins' README shows: it conforms, and finds what the README says."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
from places import ROOT

from srbench_lite import Budget, Expression, Method, Samples, discover
from srbench_lite.testing import METHOD_CHECKS, run_check

HOOK = """

from srbench_lite import hookimpl

@hookimpl
def srbench_methods():
    return [OneFunction()]
"""


@pytest.fixture(name="method")
def _method(tmp_path: Path) -> Method:
    text = (ROOT / "plugins" / "README.md").read_text(encoding="utf-8")
    (code,) = [b for b in re.findall(r"^```python\n(.*?)^```", text, flags=re.S | re.M) if "ParetoFront" in b]
    path = tmp_path / "my_method.py"
    path.write_text(code + HOOK)
    return discover(files=[path]).method("my-one-function")


@pytest.mark.parametrize("check", METHOD_CHECKS, ids=lambda check: check.name)
def test_it_conforms(check: object, method: Method) -> None:
    assert run_check(check, method) is None  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("truth", "noise"),
    [("3*sin(2.5*x) + 0.7", 0.01), ("3*sin(2.5*x) + 0.7", 0.0), ("2*exp(-0.4*x) - 1.5", 0.0), ("4.25", 0.0)],
)
def test_it_finds_one_function(truth: str, noise: float, method: Method) -> None:
    rng = np.random.default_rng(1)
    x = rng.uniform(0.0, 4.0, 200)
    y = Expression.parse(truth)({"x": x}) + np.zeros(200)
    y = y + noise * np.std(y) * rng.standard_normal(200)
    samples = Samples(variables=("x",), x=x[:, None], y=y)
    reported: list[Expression] = []
    fit = method.fit(samples, seed=0, budget=Budget(), report=reported.append)
    assert str(fit.expression) == truth
    assert fit.stopped == "done"
    if fit.candidates:
        assert fit.candidates[-1] == fit.expression
        assert reported
