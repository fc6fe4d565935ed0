"""Training: optimisers and penalties against their definitions, determinism, divergence, precise refits."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Literal

import numpy as np
import pytest
import torch
from srbench_lies.network import Architecture, Parameters, Passes, predict, used_units
from srbench_lies.oversampling import cells, emphasis
from srbench_lies.schedule import Schedule, Stage
from srbench_lies.second_order import refit_networks
from srbench_lies.sparsity import Admm, l05_slope
from srbench_lies.training import Points, Trainer, train

from srbench_lite.fitting.deadline import Deadline

FAST = Schedule(restarts=12, survivors=6, stages=(Stage(steps=60), Stage(steps=60, weight=5e-3, oversample=True)))


def make_points(n: int = 80, d: int = 2, seed: int = 0) -> Points:
    """Return points of x1 / x2^2 in logarithms, as the network sees them."""
    x = np.random.default_rng(seed).uniform(1.0, 5.0, (n, d))
    logs = np.log(x)
    target = logs[:, 0] - 2.0 * logs[:, -1]
    inputs = np.vstack([np.ones(n), (logs / np.log(5.0)).T])
    return Points(torch.from_numpy(inputs), torch.from_numpy(target), torch.from_numpy(cells(x)))


def rngs(count: int) -> list[np.random.Generator]:
    return [np.random.default_rng([0, i]) for i in range(count)]


def trainer(schedule: Schedule, count: int = 4, points: Points | None = None) -> Trainer:
    return Trainer(Architecture(2, 2), points or make_points(), schedule, rngs(count), 0)


@pytest.mark.parametrize("loss", ["mse", "exp"])
def test_gradient_of_weights_and_gates_equals_differences(loss: Literal["mse", "exp"]) -> None:
    """Of the mean error and the domain penalty, at gates that are not 1, over all points."""
    t = trainer(Schedule(batch=0, loss=loss, domain=0.7), count=2)
    t.parameters.flat.mul_(1.3)
    size = t.points.variance

    def total() -> torch.Tensor:
        prediction, outside = t.predict()
        error = (prediction - t.points.target).abs()
        return (error.exp() if loss == "exp" else error.square() / size).mean(dim=1) + 0.7 * outside

    t.compute_gradient()
    gradient, flat = t.gradient.clone(), t.parameters.flat
    exists = torch.cat([t.parameters.architecture.structure().flatten(), torch.ones(8, dtype=torch.bool)])
    for k in exists.nonzero()[:, 0].tolist():
        losses = []
        for step in (1e-6, -1e-6):
            flat[:, k] += step
            losses.append(total())
            flat[:, k] -= step
        np.testing.assert_allclose(gradient[:, k], (losses[0] - losses[1]) / 2e-6, rtol=1e-3, atol=1e-5)
    assert not gradient[:, ~exists].any()


@pytest.mark.parametrize("kind", ["adam", "rmsprop"])
def test_optimisers_equal_torch(kind: Literal["adam", "rmsprop"]) -> None:
    from srbench_lies.training import _Moments

    flat = torch.randn(3, 5, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    theirs = flat.clone().requires_grad_()
    optimiser = torch.optim.Adam([theirs], lr=0.1) if kind == "adam" else torch.optim.RMSprop([theirs], lr=0.1)
    mine = _Moments(kind, flat)
    for k in range(5):
        gradient = torch.cos(flat + k)
        theirs.grad = torch.cos(theirs.detach() + k)
        optimiser.step()
        mine.step(flat, gradient, 0.1)
    np.testing.assert_allclose(flat, theirs.detach(), rtol=1e-10)


def test_smoothed_root_has_the_slope_of_its_definition() -> None:
    a = 0.05

    def root(w: torch.Tensor) -> torch.Tensor:
        v = w.clamp(-a, a)
        small = (-(v**4) / (8 * a**3) + 3 * v**2 / (4 * a) + 3 * a / 8).sqrt()
        return torch.where(w.abs() < a, small, w.abs().sqrt())

    w = torch.tensor([-2.0, -0.051, -0.049, -1e-3, 1e-3, 0.02, 0.2, 3.0], dtype=torch.float64, requires_grad=True)
    (expected,) = torch.autograd.grad(root(w).sum(), w)
    np.testing.assert_allclose(l05_slope(w.detach()), expected, rtol=1e-10)
    assert l05_slope(torch.zeros(1)) == 0.0


def test_admm_follows_its_definition() -> None:
    rng = np.random.default_rng(0)
    weights = torch.from_numpy(rng.normal(size=(2, 9, 11)))  # two layers and the output
    admm = Admm(weights)
    moved = weights + torch.from_numpy(rng.normal(size=weights.shape))
    admm.update(moved, rho=0.5, alpha=0.2)
    soft = moved.sign() * torch.relu(moved.abs() - 0.4)
    np.testing.assert_allclose(admm.copy, soft)
    np.testing.assert_allclose(admm.dual, moved - soft)
    leaf = moved.clone().requires_grad_()
    gap = leaf - admm.copy + admm.dual
    norms = [gap[:, rows].flatten(1).norm(dim=1) for rows in (slice(0, 4), slice(4, 8), slice(8, 9))]
    (expected,) = torch.autograd.grad(0.25 * torch.stack(norms).sum(), leaf)
    np.testing.assert_allclose(admm.slope(moved, 0.5), expected, rtol=1e-10)
    admm.restart(torch.tensor([1]), moved[1:])
    assert not admm.dual[1].any()
    assert admm.dual[0].any()


def test_the_worst_cell_gets_its_share_for_any_number_of_variables() -> None:
    for d in (1, 3, 12):
        x = np.random.default_rng(d).uniform(size=(100, d))
        cell = torch.from_numpy(cells(x))
        assert int(cell.max()) < 100
        target = torch.from_numpy(x[:, 0])
        residuals = torch.full((2, 100), 0.1, dtype=torch.float64)
        residuals[1, cell == cell[7]] = 50.0
        weights = emphasis(residuals, target, cell)
        np.testing.assert_allclose(weights.mean(dim=1), 1.0)
        inside = cell == cell[7]
        assert weights[1, inside].sum() / 100.0 >= 0.3
        assert weights[1].argmax() in inside.nonzero()


def test_same_seed_same_networks() -> None:
    a, points = Architecture(2, 2), make_points()
    first, second = (train(a, points, FAST, seed=5, deadline=Deadline(60.0)) for _ in range(2))
    assert torch.equal(first.parameters.flat, second.parameters.flat)
    assert first.losses.tolist() == sorted(first.losses.tolist())
    other = train(a, points, FAST, seed=6, deadline=Deadline(60.0))
    assert not torch.equal(first.parameters.flat, other.parameters.flat)
    assert first.steps == 120
    assert not first.cut
    assert first.losses[0] < 1e-2


def test_no_time_is_an_answer_too() -> None:
    trained = train(Architecture(2, 2), make_points(), FAST, seed=0, deadline=Deadline(0.0))
    assert trained.cut
    assert trained.steps == 0
    assert torch.isfinite(trained.losses).all()


@pytest.mark.parametrize("optimiser", ["adam", "rmsprop"])
@pytest.mark.parametrize("poison", [math.nan, math.inf, 1e200])
def test_a_diverged_member_starts_anew_and_the_others_do_not_notice(
    optimiser: Literal["adam", "rmsprop"], poison: float
) -> None:
    schedule = replace(FAST, optimiser=optimiser)
    stage = Stage(steps=40, weight=1e-3)
    healthy, ill = trainer(schedule), trainer(schedule)
    initial = ill.parameters.flat[2].clone()
    ill.parameters.flat[2] *= poison
    healthy.run(stage, Deadline(60.0))
    ill.run(stage, Deadline(60.0))
    assert ill.reseeded == 1
    assert torch.isfinite(ill.parameters.flat).all()
    for k in (0, 1, 3):
        np.testing.assert_allclose(ill.parameters.flat[k], healthy.parameters.flat[k], rtol=1e-9)
    assert not torch.equal(ill.parameters.flat[2], healthy.parameters.flat[2])
    assert not torch.equal(ill.parameters.flat[2], initial)


def test_a_bad_start_under_the_published_loss_does_not_explode() -> None:
    """In the public code a diverged network is kept: it only looks for NaN."""
    points = make_points()
    far = replace(points, target=points.target * 40.0)
    t = trainer(replace(Schedule.published(2, steps=200, restarts=4), batch=0), points=far)
    for stage in t.schedule.stages:
        t.run(stage, Deadline(60.0))
    assert torch.isfinite(t.parameters.flat).all()
    assert t.losses().max() < 10.0


@pytest.mark.parametrize("penalty", ["l1", "l05", "admm"])
def test_penalties_shrink_weights(penalty: Literal["l1", "l05", "admm"]) -> None:
    stages = (Stage(steps=60), Stage(steps=250, weight=0.02, rho=0.1, alpha=5e-3))
    sizes = []
    for kind in ("none", penalty):
        schedule: Schedule = replace(FAST, penalty=kind, stages=stages)  # type: ignore[arg-type]
        trained = train(Architecture(2, 2), make_points(), schedule, seed=1, deadline=Deadline(60.0))
        weights = trained.parameters.folded()
        sizes.append(int((weights.abs() > 0.02).sum()))
    assert sizes[1] < 0.8 * sizes[0]


def test_admm_is_not_plain_l1_where_the_stages_say_nothing_about_it() -> None:
    free, sparse = Schedule().stages
    assert (sparse.rho, sparse.alpha) == (0.0, 0.0)
    assert free.for_admm() == free
    assert sparse.for_admm() == replace(sparse, rho=0.1, alpha=5e-4)
    named = Stage(steps=9, weight=0.1, rho=0.9)
    assert named.for_admm() == replace(named, alpha=5e-4)
    assert all(stage.for_admm() == stage for stage in Schedule.published(3).stages)
    first, second = (
        train(Architecture(2, 2), make_points(), replace(FAST, penalty=kind), seed=1, deadline=Deadline(60.0))
        for kind in ("admm", "l1")
    )
    assert first.free == second.free
    assert not torch.equal(first.parameters.flat, second.parameters.flat)


def test_oversampling_can_be_switched_off() -> None:
    a, points = Architecture(2, 2), make_points()
    weighted = train(a, points, FAST, seed=1, deadline=Deadline(60.0))
    plain = train(a, points, replace(FAST, oversample=False), seed=1, deadline=Deadline(60.0))
    assert not torch.equal(weighted.parameters.flat, plain.parameters.flat)


def test_published_schedule() -> None:
    schedule = Schedule.published(3, steps=1000)
    assert sum(stage.steps for stage in schedule.stages) == 1000
    assert schedule.depth(3) == 4
    assert (schedule.optimiser, schedule.learning_rate, schedule.batch) == ("rmsprop", 1.5e-2, 128)
    assert (schedule.loss, schedule.penalty) == ("exp", "admm")
    assert [(s.weight, s.rho, s.alpha) for s in schedule.stages] == [
        (0.05, 0.9, 5e-4),
        (0.05, 0.1, 5e-4),
        (0.01, 0.005, pytest.approx(5e-2)),
    ]
    assert [s.oversample for s in schedule.stages] == [False, True, True]


def near(weights: torch.Tensor, count: int, seed: int) -> torch.Tensor:
    """Return copies of weights (rows, columns) with those that are not zero moved by up to a fifth."""
    noise = torch.from_numpy(np.random.default_rng(seed).uniform(0.8, 1.2, (count, *weights.shape)))
    return weights * noise


@pytest.mark.parametrize("kind", ["lm", "lbfgs"])
def test_refit_of_a_product_of_powers_in_logarithms(kind: Literal["lm", "lbfgs"]) -> None:
    """y = x1 * x2^-2 through a chain of units: exp, then ln, and through a skip."""
    a, points = Architecture(2, 2), make_points()
    truth = torch.zeros(a.rows, a.columns, dtype=torch.float64)
    scale = math.log(5.0)
    truth[1, 1], truth[4 + 3, a.first + 1], truth[-1, a.first + 4 + 3] = scale, 1.0, 1.0  # ln exp ln x1
    truth[-1, 2] = -2.0 * scale
    result = refit_networks(kind, a, near(truth, 6, 0), points, steps=300, deadline=Deadline(60.0))
    assert result.losses.max().sqrt() < 1e-10
    assert not result.cut
    assert not result.weights[:, truth == 0.0].any()


@pytest.mark.parametrize("kind", ["lm", "lbfgs"])
def test_refit_of_a_sine_in_linear_space(kind: Literal["lm", "lbfgs"]) -> None:
    a = Architecture(1, 2)
    x = np.linspace(-3.0, 3.0, 60)
    points = Points(
        torch.from_numpy(np.stack([np.ones_like(x), x / 3.0])),
        torch.from_numpy(np.sin(x)),
        torch.zeros(60, dtype=torch.int64),
    )
    truth = torch.zeros(a.rows, a.columns, dtype=torch.float64)
    truth[2, 0], truth[2, 1], truth[-1, a.first + 2] = 1e-9, 3.0, 1.0
    result = refit_networks(kind, a, near(truth, 6, 1), points, steps=300, deadline=Deadline(60.0))
    assert result.losses.max().sqrt() < 1e-10
    np.testing.assert_allclose(predict(a, result.weights, points.inputs)[0], points.target, atol=1e-9)


def test_refit_of_dense_networks_never_raises_error_plus_penalty() -> None:
    a, points = Architecture(2, 3), make_points()

    def costs(weights: torch.Tensor) -> torch.Tensor:
        passes = Passes(a, points.inputs, len(weights))
        errors = (passes.forward(weights) - points.target).square().mean(dim=1) / points.variance
        return errors + passes.outside(used_units(a, weights))

    weights = Parameters.initial(a, rngs(8)).folded()
    before = refit_networks("none", a, weights, points, steps=0, deadline=Deadline(60.0))
    assert torch.equal(before.weights, weights)
    for kind in ("lm", "lbfgs"):
        after = refit_networks(kind, a, weights, points, steps=25, deadline=Deadline(60.0))  # type: ignore[arg-type]
        assert (costs(after.weights) <= costs(weights) + 1e-12).all()
        assert after.losses.min() < 1e-2 * before.losses.min()
        assert refit_networks(kind, a, weights, points, steps=25, deadline=Deadline(0.0)).cut  # type: ignore[arg-type]


@pytest.mark.parametrize("kind", ["lm", "lbfgs", "none"])
def test_what_does_not_fit_into_memory_goes_in_parts(
    kind: Literal["lm", "lbfgs", "none"], monkeypatch: pytest.MonkeyPatch
) -> None:
    a, points = Architecture(2, 2), make_points()
    t = trainer(FAST, count=5)
    weights = Parameters.initial(a, rngs(5)).folded()
    whole = (*t.predict(), refit_networks(kind, a, weights, points, steps=3, deadline=Deadline(60.0)))
    monkeypatch.setattr("srbench_lies.network._MAX_BUFFER_BYTES", 1)
    each = (*t.predict(), refit_networks(kind, a, weights, points, steps=3, deadline=Deadline(60.0)))
    np.testing.assert_allclose(each[0], whole[0], rtol=1e-12)
    np.testing.assert_allclose(each[1], whole[1], rtol=1e-12)
    np.testing.assert_allclose(each[2].losses, whole[2].losses, rtol=1e-6)
    assert each[2].weights.shape == whole[2].weights.shape
    if kind != "none":
        assert refit_networks(kind, a, weights, points, steps=3, deadline=Deadline(0.0)).cut


def test_refit_in_a_batch_equals_refit_alone() -> None:
    a, points = Architecture(2, 2), make_points()
    weights = Parameters.initial(a, rngs(3)).folded()
    weights[1, :, 2] = 0.0  # fewer free weights than its neighbours
    together = refit_networks("lm", a, weights, points, steps=6, deadline=Deadline(60.0))
    for k in range(3):
        alone = refit_networks("lm", a, weights[k : k + 1], points, steps=6, deadline=Deadline(60.0))
        assert float(alone.losses[0]) == pytest.approx(float(together.losses[k]), rel=1e-4)
