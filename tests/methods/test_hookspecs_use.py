"""Every hook of `hookspecs` is used here by a plugin file, the way a stranger would write one."""

from __future__ import annotations

import inspect
from pathlib import Path

import pytest
from records import record

from srbench_lite.comparing.leaderboard import Leaderboard
from srbench_lite.expressions.expression import Expression
from srbench_lite.methods import hookspecs
from srbench_lite.methods.discovery import Registry, discover
from srbench_lite.methods.hookspecs import Metric, Reporter
from srbench_lite.testing import line_samples

HOOKS = sorted(name for name, f in inspect.getmembers(hookspecs, inspect.isfunction) if name.startswith("srbench_"))

PLUGIN = """
from dataclasses import dataclass

from srbench_lite import Expression, Fit, Method, Metric, Reporter, Suite, hookimpl

heard = []


@dataclass(frozen=True, kw_only=True)
class Mean(Method):
    name = "mean"
    summary = "the mean of y"
    source = "tests"

    def fit(self, samples, *, seed, budget, report):
        return Fit(expression=Expression.constant(float(samples.y.mean())))


@hookimpl
def srbench_methods():
    return [Mean()]


@hookimpl
def srbench_suites():
    return [Suite.from_formulas("mine", summary="one line", formulas={"line": ("2*x", {"x": (0.0, 1.0)})})]


@hookimpl
def srbench_metrics():
    def largest_error(test, values, found, truth):
        return abs(values - test.y).max()

    return [Metric(name="largest_error", summary="", compute=largest_error)]


@hookimpl
def srbench_reporters():
    return [Reporter(name="names", summary="", render=lambda board: " ".join(row.method for row in board.rows))]


@hookimpl
def srbench_run_started(total, done, settings):
    heard.append(("started", total, done, settings["jobs"]))


@hookimpl
def srbench_record_finished(record):  # fewer arguments than there are
    heard.append(("record", record.method))


@hookimpl
def srbench_run_finished(done, total, interrupted):
    heard.append(("finished", done, total, interrupted))
"""


@pytest.fixture(name="registry")
def _registry(tmp_path: Path) -> Registry:
    path = tmp_path / "everything.py"
    path.write_text(PLUGIN)
    registry = discover(entry_points=[], files=[path])
    assert registry.broken == ()
    return registry


def test_srbench_methods(registry):
    samples = line_samples()
    fit = registry.method("mean").fit(samples, seed=0, budget=None, report=None)
    assert fit.expression == Expression.constant(float(samples.y.mean()))


def test_srbench_suites(registry):
    assert str(registry.suite("mine").tasks[0].truth) == "2*x"


def test_srbench_metrics(registry):
    metric = registry.metrics["largest_error"]
    assert isinstance(metric, Metric)
    test = line_samples()
    assert metric.compute(test, test.y + 0.5, Expression.variable("x"), None) == pytest.approx(0.5)


def test_srbench_reporters(registry):
    reporter = registry.reporters["names"]
    assert isinstance(reporter, Reporter)
    assert reporter.render(Leaderboard.from_records([record(method="a"), record(method="b")])) == "a b"


def _heard(registry: Registry) -> list[tuple]:
    return registry.manager.get_plugin("everything").heard


def test_srbench_run_started(registry):
    registry.manager.hook.srbench_run_started(total=5, done=2, settings={"jobs": 3})
    assert _heard(registry) == [("started", 5, 2, 3)]


def test_srbench_record_finished(registry):
    registry.manager.hook.srbench_record_finished(record=record(), done=1, total=5)
    assert _heard(registry) == [("record", "good")]


def test_srbench_run_finished(registry):
    registry.manager.hook.srbench_run_finished(done=5, total=5, interrupted=False)
    assert _heard(registry) == [("finished", 5, 5, False)]


@pytest.mark.parametrize("hook", HOOKS)
def test_every_hook_has_a_test_here(hook):
    assert f"test_{hook}" in globals()
    assert f"def {hook}(" in PLUGIN


@pytest.mark.parametrize("hook", HOOKS)
def test_every_hook_says_when_it_is_called_and_what_it_returns(hook):
    assert inspect.getdoc(getattr(hookspecs, hook))


def test_a_hook_is_what_the_registry_collects_or_what_a_run_calls(registry):
    assert next(p.hooks for p in registry.plugins if p.name == "everything") == tuple(HOOKS)
