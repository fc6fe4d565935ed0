"""What ships is there and loads, and what is not there is said."""

from __future__ import annotations

import pytest
import torch
from srbench_weight_decoder.architecture import architecture
from srbench_weight_decoder.network_training import chebyshev_nodes
from srbench_weight_decoder.shipped import WEIGHTS, load_reader, load_regressor, load_start, save_reader

from srbench_lite import DataError


def test_every_kind_that_the_methods_offer_ships():
    for family, name in (("poly2", "sigmoid-128"), ("poly2", "tanh-152"), ("poly4", "tanh-152")):
        for reading in ("weights", "probe"):
            reader = load_reader(family, name, reading)
            assert (reader.shape.family, reader.shape.architecture, reader.shape.reading) == (family, name, reading)
        head, mean = load_regressor(family, name)
        assert head.shape is architecture(name)
        assert mean.shape == (int(family[-1]) + 1,)
    assert float(architecture("tanh-152").outputs(load_start("tanh-152"), chebyshev_nodes(20)).abs().max()) < 1e-4


def test_a_reader_that_is_written_again_is_the_same_file(tmp_path):
    about = {"course": {}, "history": []}
    path = save_reader(tmp_path, load_reader("poly2", "tanh-152", "weights"), about)
    again = load_reader("poly2", "tanh-152", "weights", tmp_path)
    for name, tensor in load_reader("poly2", "tanh-152", "weights").state_dict().items():
        assert torch.equal(again.state_dict()[name], tensor), name
    assert path.name == "poly2-tanh-152-weights.safetensors"
    assert (WEIGHTS / path.name).is_file()


def test_what_is_not_there_is_said(tmp_path):
    with pytest.raises(DataError, match=r"there is no reader poly2-tanh-152-probe in .*; there are: none"):
        load_reader("poly2", "tanh-152", "probe", tmp_path)
    with pytest.raises(DataError, match="cannot be read"):
        load_start("tanh-152", tmp_path)
