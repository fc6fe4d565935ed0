"""The weights that ship, and how policies are written and read: safetensors, float16."""

from __future__ import annotations

from dataclasses import asdict
from functools import cache
from pathlib import Path
from typing import Any, Final

import torch
from srbench_weight_decoder import read_tensors, write_tensors

from srbench_goals.policy import Policy, PolicyShape
from srbench_lite import DataError, UsageError

__all__ = ["WEIGHTS", "load_policy", "save_policy"]

#: Where the package's own are.
WEIGHTS: Final = Path(__file__).parent / "weights"


def save_policy(path: Path, policy: Policy, about: dict[str, Any]) -> None:
    """Write a policy."""
    tensors = {name: tensor.to(torch.float16) for name, tensor in policy.state_dict().items()}
    write_tensors(path, tensors, {"shape": asdict(policy.shape)} | about)


@cache
def load_policy(name: str, device: str = "cpu") -> Policy:
    """Return a policy.

    Args:
        name: of one that ships, or the path of a file.
        device: where it is to be.

    Raises:
        DataError: there is none, or the file is something else.
        UsageError: there is no such device here.
    """
    shipped = WEIGHTS / f"{name}.safetensors"
    path = shipped if shipped.parent == WEIGHTS and shipped.exists() else Path(name)
    if not path.exists():
        known = ", ".join(sorted(file.stem for file in WEIGHTS.glob("*.safetensors")))
        raise DataError(f"weights {name!r} are neither shipped (known: {known}) nor a file; give the path of one")
    tensors, about = read_tensors(path)
    try:
        shape = PolicyShape(**about["shape"])
        least = shape.points**2 + shape.hidden**2
        if least > sum(tensor.numel() for tensor in tensors.values()):  # before room is made for it
            raise DataError(f"{path} holds no policy: it is larger than its file")
        with torch.random.fork_rng(devices=[]):
            policy = Policy(shape)
        policy.load_state_dict(tensors)
    except (RuntimeError, KeyError, TypeError) as error:
        raise DataError(f"{path} holds no policy: {error}") from error
    try:
        return policy.eval().to(device)
    except (RuntimeError, AssertionError) as error:  # torch raises either
        raise UsageError(f"there is no device {device!r} here: {error}") from error
