"""What is fuzzed: everything that reads what strangers write, each with a generator of inputs for it."""

from __future__ import annotations

from typing import Final

from fuzz_data_targets import DATA_TARGETS
from fuzz_record_targets import RECORD_TARGETS
from fuzz_text_targets import TEXT_TARGETS

__all__ = ["TARGETS"]

TARGETS: Final = {target.name: target for target in (*TEXT_TARGETS, *RECORD_TARGETS, *DATA_TARGETS)}
