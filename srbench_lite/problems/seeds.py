"""Seeds derived by hashing the named parts they depend on: a new task or method changes nobody else's numbers."""

from __future__ import annotations

import hashlib
import json

__all__ = ["derive_seed"]


def derive_seed(**parts: str | int | float) -> int:
    """Return a seed in [0, 2**63) that depends on every named part and on nothing else.

    Example: `derive_seed(task=fingerprint, seed=0, part="train")`.
    """
    text = json.dumps(parts, sort_keys=True, allow_nan=False)
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big") >> 1
