"""A training goes on from its checkpoint as if it had not stopped, and from no other."""

from __future__ import annotations

import pytest
import torch
from srbench_weight_decoder import read_checkpoint, read_tensors, take_step, write_checkpoint
from torch import nn

from srbench_lite import DataError, UsageError

X = torch.linspace(-1, 1, 20)[:, None]


def made(width: int = 4) -> tuple[nn.Module, torch.optim.Optimizer]:
    torch.manual_seed(3)
    module = nn.Sequential(nn.Linear(1, width), nn.Tanh(), nn.Linear(width, 1))
    return module, torch.optim.AdamW(module.parameters(), lr=1e-2)


def trained(module: nn.Module, optimiser: torch.optim.Optimizer, steps: int) -> list[torch.Tensor]:
    for _ in range(steps):
        take_step(optimiser, (module(X) - X**2).square().mean(), 1e-2)
    return [parameter.detach().clone() for parameter in module.parameters()]


@pytest.mark.parametrize("name", ["model", "reader"])
def test_a_training_that_went_on_ends_in_the_same_weights(tmp_path, name):
    whole = trained(*made(), 8)
    path = tmp_path / "new" / "training.checkpoint"
    module, optimiser = made()
    trained(module, optimiser, 5)
    others = {"best.0": torch.ones(2)}
    write_checkpoint(path, module, optimiser, {"step": 5}, name=name, others=others)
    checkpoint = read_checkpoint(path, lambda about: about["step"] == 5)
    assert checkpoint is not None
    again, other = made()
    checkpoint.restore_module(again, name)
    checkpoint.restore_optimiser(other)
    assert all(torch.equal(a, b) for a, b in zip(whole, trained(again, other, 3), strict=True))
    assert torch.equal(checkpoint.part("best.")["0"], torch.ones(2))
    assert {tensor.split(".")[0] for tensor in read_tensors(path)[0]} == {name, "optimiser", "best"}


def test_a_checkpoint_that_is_not_there_is_none_and_another_one_is_refused(tmp_path):
    path = tmp_path / "training.checkpoint"
    assert read_checkpoint(None, lambda about: True) is None
    assert read_checkpoint(path, lambda about: True) is None
    module, _ = made()
    write_checkpoint(path, module, None, {"step": 0})
    with pytest.raises(UsageError, match=r"training\.checkpoint is the checkpoint of another training; remove it"):
        read_checkpoint(path, lambda about: False)
    with pytest.raises(DataError, match=r"training\.checkpoint is no checkpoint of this training: 'seed'"):
        read_checkpoint(path, lambda about: about["seed"] == 0)
    checkpoint = read_checkpoint(path, lambda about: True)
    assert checkpoint is not None
    with pytest.raises(DataError, match="no checkpoint of this training"):
        checkpoint.restore_module(made(5)[0])
    path.write_bytes(b"something else")
    with pytest.raises(DataError, match="cannot be read"):
        read_checkpoint(path, lambda about: True)
