"""The training of the networks: one loss for weights and thresholds, until every kind is pruned to its target.

Source: Tsoi, Loncar, Dasu & Harris, "SymbolNet" (arXiv 2401.09949, MLST 2025), section 2.3. What differs, and why: the
pressure to prune is a share of the error as published, but of no less than `FLOOR`, since the error of exact data goes
to zero; thresholds move faster than weights, begin after some steps, and stop where their target is reached; towards
the end they are fixed, after what is nearest to its threshold was pruned until every target is met.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import torch

from srbench_lite.fitting import Deadline, count_work
from srbench_symbolnet.network import KINDS, Networks, Targets

__all__ = ["train"]

#: Learning rates of Adam: of weights, as published, and of thresholds.
_RATE: Final = 5e-3
_THRESHOLD_RATE: Final = 2e-2
#: The pressure is a share of this at least, in units of the variance of the target.
FLOOR: Final = 0.3
#: Share of the steps before anything is pruned; and after which one-shot pruning prunes.
_WARM_UP: Final = 0.12
_ONE_SHOT: Final = 0.6
#: Share of the steps after which thresholds are fixed.
_FIXED: Final = 0.8
#: A share may pass its target by so much.
_SLACK: Final = 0.005
#: Nanoseconds, for `count_work`: of a step, and of each value of a unit in it.
_STEP: Final = 1_500_000.0
_VALUE: Final = 20.0


def train(
    networks: Networks, x: torch.Tensor, y: torch.Tensor, targets: Targets, *, steps: int, one_shot: bool,
    looks: int, deadline: Deadline,
) -> Iterator[torch.Tensor]:  # fmt: skip
    """Train networks, and yield their mean squared errors now and then, and at the end: shape (networks,).

    Args:
        networks: are changed.
        x: inputs, shape (n, inputs).
        y: target of variance 1, shape (n,).
        targets: shares to be pruned.
        steps: of Adam.
        one_shot: prune once, by size, instead of by thresholds that are trained.
        looks: how often errors are yielded.
        deadline: ends the training.
    """
    thresholds = [each for some in networks.thresholds.values() for each in some]
    known = {id(each) for each in thresholds}
    weights = [each for each in networks.parameters() if id(each) not in known]
    groups = [{"params": weights, "lr": _RATE}, {"params": thresholds, "lr": _THRESHOLD_RATE}]
    adam = torch.optim.Adam(groups[:1] if one_shot else groups)
    values = len(networks.outer) * len(y) * networks.outer.shape[1]
    for number in range(1, steps + 1):
        if deadline.is_over:
            break
        masks = networks.masks()
        errors = (networks(x, masks) - y).square().mean(1)
        loss = errors
        if not one_shot and number > _WARM_UP * steps:
            loss = errors + networks.penalty(masks, targets) * errors.detach().clamp_min(FLOOR)
        before = [each.detach().clone() for each in thresholds]
        adam.zero_grad()
        loss.sum().backward()
        adam.step()
        count_work(_STEP + _VALUE * values)
        if one_shot:
            if number == round(_ONE_SHOT * steps):
                _prune_by_size(networks, targets)
        elif number > round(_FIXED * steps):
            _fix(networks, before)
        else:
            networks.bound()
            _hold(networks, targets, before)
            if number == round(_FIXED * steps):
                _meet(networks, targets)
        if number % max(1, steps // looks) == 0 or number == steps:
            yield errors.detach()


@torch.no_grad()
def _hold(networks: Networks, targets: Targets, before: list[torch.Tensor]) -> None:
    """Take back the last rise of the thresholds of a kind by which its share has passed its target."""
    shares = networks.masks().shares()
    earlier = iter(before)
    for kind, thresholds in networks.thresholds.items():
        is_past = shares[kind] > getattr(targets, kind) + _SLACK
        for each in thresholds:
            old = next(earlier)
            each.copy_(torch.where(_along(is_past, each) & (each > old), old, each))


@torch.no_grad()
def _meet(networks: Networks, targets: Targets) -> None:
    """Prune of each kind what is nearest to its threshold, until its share is the target."""
    masks = networks.masks()
    of_weights = networks.thresholds["weights"]
    kept = [masks.inner, masks.inner_bias, masks.outer, masks.outer_bias]
    sizes = [networks.inner, networks.inner_bias, networks.outer, networks.outer_bias]
    margins = [size.abs() - threshold for size, threshold in zip(sizes, of_weights, strict=True)]
    bound = _of_rank(_flat(margins), targets.weights)
    for threshold, margin, size, mask in zip(of_weights, margins, sizes, kept, strict=True):
        is_pruned = (margin <= _along(bound, margin)) & (mask > 0)
        threshold.copy_(torch.where(is_pruned, size.abs(), threshold))
    for kind in KINDS:
        if kind != "weights":
            (threshold,) = networks.thresholds[kind]
            bound = _of_rank(1 - threshold, getattr(targets, kind))
            threshold.copy_(torch.where(1 - threshold <= bound[:, None], 1.0, threshold))


@torch.no_grad()
def _fix(networks: Networks, before: list[torch.Tensor]) -> None:
    """Take back every change of the thresholds."""
    earlier = iter(before)
    for thresholds in networks.thresholds.values():
        for each in thresholds:
            each.copy_(next(earlier))


def _flat(parts: list[torch.Tensor]) -> torch.Tensor:
    return torch.cat([each.reshape(len(each), -1) for each in parts], 1)


def _along(values: torch.Tensor, like: torch.Tensor) -> torch.Tensor:
    """Return one value of each network in the shape of something else."""
    return values.reshape(-1, *[1] * (like.ndim - 1))


@torch.no_grad()
def _prune_by_size(networks: Networks, targets: Targets) -> None:
    """Set the thresholds so that of each kind the smallest are pruned, once.

    An input counts by its weights, a function or a product by the weight of its unit.
    """
    functions = len(networks.units)
    of_weights = networks.thresholds["weights"]
    parts = [networks.inner.abs(), networks.inner_bias.abs(), networks.outer.abs(), networks.outer_bias.abs()]
    bound = _of_rank(_flat(parts), targets.weights)
    for threshold in of_weights:
        threshold.copy_(_along(bound, threshold).expand_as(threshold))
    sizes = {
        "inputs": networks.inner.abs().sum(1), "functions": networks.outer[:, :functions].abs(),
        "products": networks.outer[:, functions:].abs(),
    }  # fmt: skip
    for kind in KINDS:
        if kind in sizes:
            (threshold,) = networks.thresholds[kind]
            bound = _of_rank(sizes[kind], getattr(targets, kind))
            threshold.copy_((sizes[kind] <= bound[:, None]).to(threshold.dtype))


def _of_rank(sizes: torch.Tensor, shares: torch.Tensor) -> torch.Tensor:
    """Return by network the size up to which a share of all lies, shape (networks,); below all of them for none."""
    places = (shares * sizes.shape[1]).round().long()
    ordered = torch.cat([torch.full_like(sizes[:, :1], -1.0), sizes.sort(1).values], 1)
    return ordered.gather(1, places[:, None])[:, 0]
