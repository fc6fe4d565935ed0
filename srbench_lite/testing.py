"""The conformance kit: what every method must do, as checks that anyone can run on theirs.

On the command line: `srbench conform METHOD [--plugin FILE]`. In pytest:

    from srbench_lite.testing import METHOD_CHECKS, run_check

    @pytest.mark.parametrize("check", METHOD_CHECKS, ids=lambda c: c.name)
    def test_my_method(check):
        assert run_check(check, MyMethod()) is None

The checks themselves are in `srbench_lite.running.checks`.
"""

from __future__ import annotations

from srbench_lite.running.checks import METHOD_CHECKS, Check, line_samples, noisy_samples, run_check, toy_samples

__all__ = ["METHOD_CHECKS", "Check", "line_samples", "noisy_samples", "run_check", "toy_samples"]
