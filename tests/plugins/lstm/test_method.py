"""The method `lstm` as a whole: formulas, seeds, degenerate inputs, budgets, what can be looked into."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from srbench_lstm import Lstm, pipeline
from srbench_lstm.model import Model
from srbench_lstm.training import Points, train

from srbench_lite import Budget, Expression, Fit, FitError, Samples, UsageError
from srbench_lite.fitting import Deadline

BUDGET = Budget(seconds=60)
QUICK = {"max_terms": 1, "pairs": 0, "swaps": 0}  # of the distillation
SMALL = {"hidden": 16, "head": 8, "epochs": 60} | QUICK


def _ignore(expression: Expression) -> None:
    del expression


def _fit(samples: Samples, *, seed: int = 0, report: Callable[[Expression], None] = _ignore, **fields: object) -> Fit:
    return Lstm(**(SMALL | fields)).fit(samples, seed=seed, budget=BUDGET, report=report)  # type: ignore[arg-type]


def _samples(truth: str, intervals: dict[str, tuple[float, float]], n: int = 150, noise: float = 0.0) -> Samples:
    rng = np.random.default_rng(5)
    columns = {name: rng.uniform(low, high, n) for name, (low, high) in intervals.items()}
    y = Expression.parse(truth)(columns)
    y = y + rng.normal(0, 1, n) * noise * np.sqrt(np.mean(y**2))
    return Samples(variables=tuple(columns), x=np.column_stack(list(columns.values())), y=y)


PARABOLA = _samples("3.25*x**2 - 0.7*x + 12", {"x": (-1, 1)})


@pytest.mark.parametrize(
    ("truth", "intervals", "text"),
    [
        ("3.25*x**2 - 0.7*x + 12", {"x": (-1, 1)}, "3.25*x**2 - 0.7*x + 12"),
        ("a*b - 2*a", {"a": (-1, 1), "b": (-2, 2)}, "a*b - 2*a"),
    ],
)
def test_recovers_exactly(truth: str, intervals: dict[str, tuple[float, float]], text: str) -> None:
    fit = _fit(_samples(truth, intervals))
    assert str(fit.expression) == text
    assert fit.stopped == "done"
    assert fit.extras["epochs"] == 60
    assert fit.extras["network_nmse"] < 0.1
    assert fit.extras["network_points"] == 350  # the data and 200 places between them, network's values both


def test_a_wave_needs_a_network_that_learned_it() -> None:
    samples = _samples("3*sin(2.1*x - 0.7)", {"x": (-3, 3)})
    assert str(_fit(samples, epochs=500).expression) == "3*sin(2.1*x - 0.7)"
    assert "sin" not in str(_fit(samples, epochs=1, learning_rate=1e-9).expression)


def test_a_network_that_learned_nothing_is_said_to_be_rough() -> None:
    fit = _fit(PARABOLA, epochs=1)
    assert fit.extras["network_nmse"] > 0.1
    assert fit.extras["network_is_rough"] is True


def test_the_same_seed_gives_the_same_text_and_leaves_torch_as_it_was() -> None:
    samples = _samples("2*x**3 - x", {"x": (-1, 2)}, n=30)
    state, threads = torch.get_rng_state(), torch.get_num_threads()
    first = _fit(samples, seed=4)
    torch.manual_seed(1)
    again = _fit(samples, seed=4)
    assert str(first.expression) == str(again.expression)
    assert first.extras == again.extras
    assert _fit(samples, seed=5, epochs=1).extras["network_nmse"] != _fit(samples, epochs=1).extras["network_nmse"]
    torch.set_rng_state(state)
    _fit(samples, seed=4, epochs=1)
    assert torch.equal(torch.get_rng_state(), state)
    assert torch.get_num_threads() == threads
    assert torch.get_default_dtype() == torch.float32


def test_noise() -> None:
    samples = _samples("3.2*x**2 - 0.7*x + 1.5", {"x": (-1, 1)}, n=20, noise=0.01)
    fit = _fit(samples, dense=10)
    values = fit.expression(samples.columns)
    assert np.mean((values - samples.y) ** 2) / np.var(samples.y) < 1e-3
    assert fit.extras["exact"] is False


def test_the_published_configuration() -> None:
    published = Lstm(epochs=80, learning_rate=1e-3, decay=False, encoding="plain").with_parameters(QUICK)
    fit = published.fit(PARABOLA, seed=0, budget=BUDGET, report=_ignore)
    assert fit.extras["epochs"] == 80
    assert fit.extras["network_training_nmse"] < 0.5


def test_constants_and_single_points() -> None:
    flat = Samples(variables=("x",), x=np.linspace(0, 1, 9)[:, None], y=np.full(9, 2.5))
    assert str(_fit(flat).expression) == "2.5"
    one = Samples(variables=("x",), x=np.array([[1.0]]), y=np.array([7.0]))
    assert str(_fit(one).expression) == "7"
    same_x = Samples(variables=("x",), x=np.ones((4, 1)), y=np.array([1.0, 2.0, 3.0, 4.0]))
    assert str(_fit(same_x).expression) == "2.5"


@pytest.mark.parametrize("n", [2, 4, 6])
def test_few_points(n: int) -> None:
    x = np.linspace(-1, 2, n)
    fit = _fit(Samples(variables=("x",), x=x[:, None], y=2 * x + 1), epochs=20, dense=5)
    assert np.isfinite(fit.expression({"x": x})).all()
    assert (fit.extras["network_nmse"] is None) == (n < 5)


def test_of_many_points_a_sample_is_trained_on(monkeypatch: pytest.MonkeyPatch) -> None:
    """An epoch is never cut: it must not grow with the data."""
    seen: list[tuple[int, int]] = []

    def watched(model: Model, kept: Points, held: Points, *rest: Any, **options: Any) -> Any:
        seen.append((len(kept.targets), len(held.targets)))
        return train(model, kept, held, *rest, **options)

    monkeypatch.setattr(pipeline, "train", watched)
    x = np.linspace(-1, 2, 20_000)
    for n in (200, 5_000, 20_000):
        few = Samples(variables=("x",), x=x[:n, None], y=2 * x[:n] ** 2)
        pipeline.trained(Lstm(epochs=1), few, rng=np.random.default_rng(1), most_steps=5, deadline=Deadline(60))
    assert seen == [(160, 40), (4_000, 1_000), (4_000, 1_000)]


def test_a_variable_that_does_not_vary_does_no_harm() -> None:
    x = np.column_stack([np.linspace(-1, 1, 60), np.full(60, 3.0)])
    fit = _fit(Samples(variables=("x", "k"), x=x, y=2 * x[:, 0] ** 2))
    assert str(fit.expression) == "2*x**2"


def test_targets_out_of_range_are_named() -> None:
    samples = Samples(variables=("x",), x=PARABOLA.x, y=PARABOLA.y * 1e200)
    with pytest.raises(FitError, match="rescale the target"):
        _fit(samples)


def test_units_do_not_matter() -> None:
    samples = Samples(variables=("x",), x=PARABOLA.x * 1e6, y=PARABOLA.y * 1e-9)
    nmse = _fit(PARABOLA).extras["network_nmse"]
    assert _fit(samples).extras["network_nmse"] == pytest.approx(nmse, rel=0.2)


def test_an_answer_is_reported_before_training() -> None:
    reported: list[str] = []
    fit = _fit(PARABOLA, report=lambda expression: reported.append(str(expression)))
    assert float(reported[0]) == pytest.approx(PARABOLA.y.mean())
    assert reported[-1] == str(fit.expression)


def test_less_time_means_fewer_steps() -> None:
    method = Lstm(most_steps=600, hidden=8, head=4).with_parameters(QUICK)
    fit = method.fit(PARABOLA, seed=0, budget=Budget(seconds=30), report=_ignore)
    assert fit.extras["epochs"] == 150  # of two steps: 120 points by 64


def test_a_budget_that_is_gone_at_once_still_gives_an_answer() -> None:
    fit = Lstm().fit(PARABOLA, seed=0, budget=Budget(seconds=1e-6), report=_ignore)
    assert fit.stopped == "budget"
    assert fit.extras["epochs"] == 0
    assert fit.extras["network_training_nmse"] is None


def test_training_that_was_cut_off_is_said_to_be_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pipeline, "_SHARE_OF_TRAINING", -1.0)  # the distillation has its time
    fit = _fit(PARABOLA)
    assert fit.extras["epochs"] == 0
    assert fit.extras["plan"] == "work used up"


def test_what_can_be_looked_into() -> None:
    inspection = Lstm(**SMALL).inspect(PARABOLA, seed=0, budget=BUDGET, report=_ignore)  # type: ignore[arg-type]
    assert str(inspection.fit.expression) == "3.25*x**2 - 0.7*x + 12"
    assert inspection.fit.extras == _fit(PARABOLA).extras
    assert np.mean((inspection.predict(PARABOLA.x) - PARABOLA.y) ** 2) < 0.02 * np.var(PARABOLA.y)
    places = np.linspace(-1, 1, 7)[:, None]
    hidden = inspection.hidden(places)
    assert {name: values.shape for name, values in hidden.items()} == {"hidden state": (7, 16), "head": (7, 8)}
    assert all(values.dtype == np.float64 for values in hidden.values())
    assert {name: len(curve) for name, curve in inspection.losses.items()} == {"training": 60, "held back": 60}


def test_nothing_to_look_into() -> None:
    flat = Samples(variables=("x",), x=np.linspace(0, 1, 9)[:, None], y=np.full(9, 2.5))
    with pytest.raises(FitError, match="no network is trained"):
        Lstm().inspect(flat, seed=0, budget=BUDGET, report=_ignore)


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("encoding", "morse", 'encoding must be "placed" or "plain"'), ("digits", 16, "digits must be 1 to 15"),
        ("hidden", 0, "hidden must be at least 1"), ("batch", -1, "batch must be at least 1, or 0"),
        ("learning_rate", 0.0, "learning_rate must be positive"),
    ],
)  # fmt: skip
def test_hyper_parameters_that_make_no_sense(name: str, value: object, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        Lstm().with_parameters({name: value})


def test_importing_the_plugin_imports_nothing_heavy() -> None:
    code = "import sys, srbench_lstm; print([m for m in ('numpy', 'torch', 'scipy', 'sympy') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
