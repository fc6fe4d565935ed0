"""`srbench_lite.testing`: what plugin authors import from there is the conformance kit that `srbench conform` runs."""

from __future__ import annotations

import srbench_lite.testing as kit
from srbench_lite.methods.discovery import discover
from srbench_lite.running import checks


def test_the_kit_is_that_of_the_command():
    assert set(kit.__all__) == {"METHOD_CHECKS", "Check", "line_samples", "noisy_samples", "run_check", "toy_samples"}
    assert all(getattr(kit, name) is getattr(checks, name) for name in kit.__all__)


def test_the_example_of_the_documentation_holds():
    """Two quick checks of an installed method, as its author would call them."""
    method = discover().method("lasso")
    quick = {check.name: check for check in kit.METHOD_CHECKS}
    assert kit.run_check(quick["describes-itself"], method) is None
    assert kit.run_check(quick["refuses-nonsense"], method) is None
