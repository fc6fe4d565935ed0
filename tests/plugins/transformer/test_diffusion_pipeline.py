"""The method `diffusion` from end to end, and whose turn it is to be varied."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from srbench_transformer import Diffusion
from srbench_transformer.denoiser import Denoiser, DenoiserShape
from srbench_transformer.diffusion_pipeline import Turns, some_neighbours
from srbench_transformer.model import Model, Shape
from srbench_transformer.neighbours import neighbours_of
from srbench_transformer.shipped import save_model
from srbench_transformer.tokens import LONGEST, parse

from srbench_lite import Budget, DataError, Expression, Fit, Samples, UsageError

X = np.linspace(-2, 2, 60)
LINE = Samples(variables=("x",), x=X[:, None], y=3.0 * X - 1.0)
#: No formula that is tried is exact.
ODD = Samples(variables=("x",), x=X[:, None], y=np.random.default_rng(0).normal(size=60))


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Return the file of a denoiser that has learned nothing."""
    folder: Path = tmp_path_factory.mktemp("weights")
    torch.manual_seed(2)
    save_model(folder / "reader", Model(Shape(width=16, heads=2, latents=3, encoder=1, decoder=1, inner=2)), {})
    denoiser = Denoiser(DenoiserShape(width=16, heads=2, layers=1, inner=2))
    save_model(folder / "own", denoiser, {"course": {"reader": str(folder / "reader")}})
    return str(folder / "own")


def fitted(method: Diffusion, samples: Samples, seconds: float = 2.0) -> Fit:
    return method.fit(samples, seed=3, budget=Budget(seconds=seconds), report=lambda e: None)


def test_the_method_with_weights_of_ones_own_repeats_itself(weights: str) -> None:
    alone = Diffusion(weights=weights, samples=64, steps=4, near=False, prior=0)
    one, other = fitted(alone, LINE, 20.0), fitted(alone, LINE, 20.0)
    assert str(one.expression) == str(other.expression)
    assert one.extras["exact"]


def test_an_input_that_does_not_vary_is_left_out_and_chance_elsewhere_is_left_alone(weights: str) -> None:
    x = np.column_stack([X, np.full(60, 7.0)])
    before = torch.get_rng_state(), np.random.get_state()[1].tolist()  # type: ignore[index, union-attr]  # noqa: NPY002
    fit = fitted(Diffusion(weights=weights), Samples(variables=("x", "z"), x=x, y=LINE.y), 20.0)
    assert fit.expression == Expression.parse("3*x - 1")
    assert torch.equal(before[0], torch.get_rng_state())
    assert before[1] == np.random.get_state()[1].tolist()  # type: ignore[index, union-attr]  # noqa: NPY002


@pytest.mark.parametrize("variant", [{"infill": 0}, {"vary": 8, "infill": 0}, {"infill": 8, "vary": 8}])
def test_variants_of_good_skeletons_are_tried_or_left_out(weights: str, variant: dict[str, int]) -> None:
    method = Diffusion(weights=weights, samples=8, steps=2, near=False, prior=0, likeliest=0, **variant)  # type: ignore[arg-type]
    fit = fitted(method, ODD)
    assert fit.extras["fits"] > 0
    assert not fit.extras["exact"]


def test_leaders_are_varied_in_turn_and_neighbours_are_drawn() -> None:
    """The best first; then the one that was varied least often."""
    sums, sine = parse(("+", "x1", "exp", "x1")), parse(("sin", "x1"))
    search = SimpleNamespace(leaders=[], problem=SimpleNamespace(names=("x",)))
    turns = Turns()
    assert turns.next_of(search) is None  # type: ignore[arg-type]
    search.leaders = [SimpleNamespace(node=sums), SimpleNamespace(node=sine)]
    assert [turns.next_of(search) for _ in range(3)] == [sums, sine, sums]  # type: ignore[arg-type]
    long = parse(("*", "x1", *("sin", "exp") * 15, "x1"))
    assert len(long.tokens) > LONGEST
    search.leaders = [SimpleNamespace(node=long)]
    assert turns.next_of(search) is None  # type: ignore[arg-type]
    near = [some_neighbours(sums, search, 9, np.random.default_rng(seed)) for seed in (0, 0, 1)]  # type: ignore[arg-type]
    assert near[0] == near[1] != near[2]
    assert len(set(near[0])) == 9
    every = {node.tokens for node in neighbours_of([sums], [sums, sine], 1)}
    assert set(near[0]) < every


def test_weights_and_devices_that_are_not_there_are_named(weights: str) -> None:
    with pytest.raises(DataError, match="there are no weights 'nowhere'"):
        fitted(Diffusion(weights="nowhere"), LINE)
    with pytest.raises(UsageError, match="there is no device 'abacus' here"):
        fitted(Diffusion(weights=weights, device="abacus"), LINE)


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"samples": 0}, "samples.*at least 1"), ({"steps": 0}, "steps.*at least 1"),
        ({"infill": -1}, "infill.*at least 0"), ({"vary": -1}, "vary.*at least 0"), ({"prior": -1}, "prior"),
        ({"likeliest": 601}, "likeliest.*0 to 600"), ({"points": 65}, "points.*2 to 64"),
    ],
)  # fmt: skip
def test_a_setting_out_of_range_is_refused(wrong: dict[str, int], said: str) -> None:
    with pytest.raises(UsageError, match=said):
        Diffusion(**wrong)  # type: ignore[arg-type]
