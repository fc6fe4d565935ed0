"""The denoiser: its schedule, and that it looks at nothing behind the end of a skeleton."""

from __future__ import annotations

import pytest
import torch
from srbench_transformer.denoiser import Denoiser, DenoiserShape, noise_levels
from srbench_transformer.tokens import TOKENS

from srbench_lite import UsageError

TINY = DenoiserShape(width=16, heads=2, layers=2, inner=2, embedding=4)


@pytest.fixture(scope="module")
def denoiser() -> Denoiser:
    torch.manual_seed(1)
    return Denoiser(TINY).eval()


def test_noise_rises_from_almost_none_to_all_and_variances_sum_to_one() -> None:
    clean, noise = noise_levels(torch.linspace(0, 1, 50))
    assert torch.allclose(clean**2 + noise**2, torch.ones(50))
    assert (noise[1:] > noise[:-1]).all()
    assert float(noise[0]) == pytest.approx(0.1, abs=1e-3)
    assert float(clean[-1]) == 0.0


def test_the_schedule_is_the_published_one_in_between() -> None:
    clean, _ = noise_levels(torch.tensor(0.25))
    assert float(clean**2) == pytest.approx(1 - 0.2501**0.5)  # Li et al. 2022, appendix A


@torch.no_grad()
def test_a_skeleton_is_denoised_alike_whatever_stands_behind_its_end(denoiser: Denoiser) -> None:
    generator = torch.Generator().manual_seed(0)
    noisy, estimate = (torch.randn((2, 7, 4), generator=generator) for _ in range(2))
    memory = torch.randn((2, 3, 16), generator=generator)
    times, lengths = torch.full((2, 7), 0.6), torch.tensor([4, 7])
    pairs = denoiser.remembered(memory)
    whole = denoiser(noisy, times, estimate, lengths, pairs)
    noisy[0, 4:] = 9.0
    alone = denoiser(noisy, times, estimate, lengths, pairs)
    assert torch.equal(whole[1], alone[1])
    assert torch.allclose(whole[0, :4], alone[0, :4], atol=1e-6)
    short = denoiser(noisy[:1, :4], times[:1, :4], estimate[:1, :4], lengths[:1], denoiser.remembered(memory[:1]))
    assert torch.allclose(short[0], whole[0, :4], atol=1e-5)
    assert (whole[..., :3] == -torch.inf).all()


@torch.no_grad()
def test_what_is_expected_of_certain_logits_is_the_embedding(denoiser: Denoiser) -> None:
    tokens = torch.arange(3, len(TOKENS))
    logits = torch.where(torch.arange(len(TOKENS)) == tokens[:, None], 60.0, 0.0)
    assert torch.allclose(denoiser.mean_embedding(logits), denoiser.embed(tokens), atol=1e-5)
    assert torch.allclose(denoiser.embed(tokens).square().mean(1), torch.ones(len(tokens)), atol=1e-5)
    assert denoiser.length_logits(torch.zeros(1, 3, 16))[0, 0] == -torch.inf


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"layers": 0}, "layers must be at least 1, got 0"),
        ({"embedding": 0}, "embedding must be at least 1, got 0"),
        ({"width": 10, "heads": 4}, "width must be a multiple of heads, got 10 and 4"),
    ],
)
def test_a_shape_out_of_range_is_refused(wrong: dict[str, int], said: str) -> None:
    with pytest.raises(UsageError, match=said):
        DenoiserShape(**wrong)
