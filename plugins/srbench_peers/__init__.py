"""Methods that others wrote, each run by its own package in an environment of its own (`srbench env`)."""

from __future__ import annotations

from collections.abc import Iterable

from srbench_lite import Method, hookimpl
from srbench_peers.sklearn_linear import SklearnLinear

__all__ = ["SklearnLinear"]


@hookimpl
def srbench_methods() -> Iterable[Method]:
    """Add all peers. Their packages are imported when one is run."""
    return [SklearnLinear()]
