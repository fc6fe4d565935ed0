"""`torch_threads`: so many threads meanwhile, and as many as before afterwards, whatever happens."""

from __future__ import annotations

import pytest
import torch

from srbench_lite import torch_threads


@pytest.mark.parametrize("count", [1, 3])
def test_the_number_holds_meanwhile_only(count):
    before = torch.get_num_threads()
    with torch_threads(count):
        assert torch.get_num_threads() == count
        with torch_threads(2):
            assert torch.get_num_threads() == 2
        assert torch.get_num_threads() == count
    assert torch.get_num_threads() == before


def test_an_error_leaves_it_as_it_was():
    before = torch.get_num_threads()
    with pytest.raises(ZeroDivisionError), torch_threads(before + 1):
        raise ZeroDivisionError
    assert torch.get_num_threads() == before
