"""A reader writes polynomials of its family whatever its weights are."""

from __future__ import annotations

import pytest
import torch
from srbench_weight_decoder.architecture import architecture
from srbench_weight_decoder.polynomials import family
from srbench_weight_decoder.reader import Reader, ReaderShape
from srbench_weight_decoder.starts import glorot_starts
from srbench_weight_decoder.tokens import TOKENS, Grammar

from srbench_lite import UsageError


@pytest.mark.parametrize(
    "changed", [{}, {"head": False}, {"memory": "mlp"}, {"reading": "weights"}, {"family": "poly4"}]
)
def test_what_an_untrained_reader_writes_is_a_polynomial_of_its_family(changed):
    torch.manual_seed(0)
    shape = ReaderShape(**{"architecture": "tanh-152", "width": 16, "hidden": 8, **changed})
    reader = Reader(shape)
    networks = glorot_starts(architecture("tanh-152"), 6, 2).float()
    coefficients = torch.randn(6, family(shape.family).terms)
    reader.head.prepare(networks, coefficients)
    tokens, likelihood = reader.eval().write(networks)
    grammar = Grammar.of(family(shape.family))
    for row in tokens.tolist():
        assert grammar.accepts("".join(TOKENS[code] for code in row if len(TOKENS[code]) == 1))
    assert bool(((likelihood >= 0) & (likelihood <= 1)).all())


def test_a_shape_of_unknown_parts_is_refused():
    with pytest.raises(UsageError, match="memory must be one of neurons, mlp, got 'paper'"):
        ReaderShape(memory="paper")
