"""Sampling and infilling: only whole formulas, the same for the same seed, and what is given stays."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from srbench_transformer.denoiser import Denoiser, DenoiserShape
from srbench_transformer.diffusion import denoise, draw_lengths, infill, sample, skeletons_by_rank
from srbench_transformer.rounding import round_freely, round_to_formulas
from srbench_transformer.tokens import CODES, LONGEST, PAD, parse

from srbench_lite.fitting import Deadline

TINY = DenoiserShape(width=16, heads=2, layers=1, inner=1, embedding=4)
MEMORY = torch.randn((1, 3, 16), generator=torch.Generator().manual_seed(5))
SKELETON = ("+", "*", "x1", "sin", "x1", "exp", "x1")
#: Where each of its parts begins and ends.
PARTS = ((0, 7), (1, 5), (2, 3), (3, 5), (4, 5), (5, 7), (6, 7))


@pytest.fixture(scope="module")
def denoiser() -> Denoiser:
    torch.manual_seed(1)
    return Denoiser(TINY).eval()


def drawn(denoiser: Denoiser, seed: int, *, deadline: float = math.inf, variables: int = 1) -> list[tuple[str, ...]]:
    return sample(
        denoiser, MEMORY, 70, variables=variables, steps=3, generator=torch.Generator().manual_seed(seed),
        deadline=Deadline(deadline),
    )  # fmt: skip


def filled(denoiser: Denoiser, skeleton: tuple[str, ...], seed: int, count: int = 20) -> list[tuple[str, ...]]:
    return infill(
        denoiser, MEMORY, skeleton, count, variables=1, steps=2, rng=np.random.default_rng(seed),
        generator=torch.Generator().manual_seed(seed), deadline=Deadline(math.inf),
    )  # fmt: skip


def test_only_whole_formulas_are_drawn_each_once_and_the_same_again(denoiser: Denoiser) -> None:
    one = drawn(denoiser, 0)
    assert one == drawn(denoiser, 0) != drawn(denoiser, 1)
    assert len(set(one)) == len(one) > 20
    for skeleton in one:
        assert parse(skeleton)
        assert "x2" not in skeleton
    assert any("x2" in skeleton for skeleton in drawn(denoiser, 0, variables=2))


def test_nothing_is_drawn_when_there_is_no_time(denoiser: Denoiser) -> None:
    assert drawn(denoiser, 0, deadline=0.0) == []


def test_groups_that_are_clean_in_time_are_kept(denoiser: Denoiser) -> None:
    lengths = draw_lengths(denoiser, MEMORY, 70, torch.Generator().manual_seed(3))

    def denoised(work: float) -> tuple[torch.Tensor, float]:
        deadline = Deadline(math.inf, work=work)
        generator = torch.Generator().manual_seed(4)
        return denoise(denoiser, MEMORY, lengths, steps=3, generator=generator, deadline=deadline), deadline.work_done

    whole, work = denoised(math.inf)
    part, _ = denoised(0.6 * work)
    assert 0 < len(part) < len(whole) == 70
    assert torch.equal(part, whole[: len(part)])


def test_what_is_given_stays(denoiser: Denoiser) -> None:
    given_tokens = torch.full((2, 5), PAD)
    given_tokens[0, 0], given_tokens[1, :2] = CODES["+"], torch.tensor([CODES["sin"], CODES["exp"]])
    lengths = torch.tensor([4, 5])
    logits = denoise(
        denoiser, MEMORY, lengths, steps=2, generator=torch.Generator(), deadline=Deadline(math.inf), given=given_tokens
    )
    for tokens in (round_freely(logits, lengths), round_to_formulas(logits, lengths)[0]):
        assert tokens[0, 0] == CODES["+"]
        assert tokens[1, :2].tolist() == [CODES["sin"], CODES["exp"]]
        assert tokens[0, 4] == PAD


def test_a_part_is_filled_in_and_the_rest_stays(denoiser: Denoiser) -> None:
    variants = filled(denoiser, SKELETON, 0, 60)
    assert variants == filled(denoiser, SKELETON, 0, 60)
    assert len(variants) > 20
    for variant in variants:
        assert parse(variant)
        assert any(
            variant[:head] == SKELETON[:head] and variant[len(variant) - len(SKELETON) + end :] == SKELETON[end:]
            for head, end in (*PARTS, *((head, head) for head, _ in PARTS))
        )
        assert len(SKELETON) - 4 <= len(variant) <= len(SKELETON) + 6
    assert any(variant[-7:] == SKELETON and variant[0] in ("+", "*") for variant in variants)
    assert any(len(variant) < len(SKELETON) for variant in variants)


@settings(deadline=None, max_examples=20)
@given(st.integers(0, 1000), st.sampled_from([("x1",), SKELETON, ("sin",) * (LONGEST - 1) + ("x1",)]))
def test_nothing_longer_than_a_skeleton_may_be_is_filled_in(
    denoiser: Denoiser, seed: int, skeleton: tuple[str, ...]
) -> None:
    for variant in filled(denoiser, skeleton, seed, 8):
        assert parse(variant)
        assert 1 <= len(variant) <= LONGEST


def test_skeletons_stand_by_how_often_they_were_drawn_then_by_score() -> None:
    x, sine = [CODES["x1"], PAD], [CODES["sin"], CODES["x1"]]
    root, wrong = [CODES["sqrt"], CODES["x1"]], [CODES["C"], PAD]
    tokens = torch.tensor([root, x, sine, x, wrong])
    scores = torch.tensor([-3.0, -9.0, -1.0, -8.0, -torch.inf])
    assert skeletons_by_rank(tokens, scores) == [("x1",), ("sin", "x1"), ("sqrt", "x1")]
