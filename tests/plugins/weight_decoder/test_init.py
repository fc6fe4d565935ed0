"""What the package offers to others is imported when it is used."""

from __future__ import annotations

import subprocess
import sys

import pytest
import srbench_weight_decoder
from srbench_weight_decoder import WeightDecoder

from srbench_lite import UsageError


def test_every_name_that_is_offered_is_there():
    for name in srbench_weight_decoder.__all__:
        assert getattr(srbench_weight_decoder, name) is not None
    with pytest.raises(AttributeError, match="has no attribute 'nothing'"):
        srbench_weight_decoder.nothing  # noqa: B018 - the look-up is what is tested


def test_listing_the_package_loads_no_torch():
    """Plugins are found by looking through every name of their package."""
    code = (
        "import sys, srbench_weight_decoder as package; [getattr(package, name) for name in dir(package)]; "
        "sys.exit('torch' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"reading": "mind"}, "reading must be one of weights, probe, refine, got 'mind'"),
        ({"architecture": "tanh-128"}, "architecture must be one of sigmoid-128, tanh-152, got 'tanh-128'"),
        ({"polish_steps": 0}, "polish_steps must be at least 1, got 0"),
    ],
)
def test_a_hyper_parameter_out_of_range_is_refused(wrong, said):
    with pytest.raises(UsageError, match=said):
        WeightDecoder(**wrong)
