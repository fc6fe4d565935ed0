"""What a model of the workshop's formulas learns from: functions of the training split, and others beside them.

The workshop's grammar has some fifty thousand functions to learn from, which a model knows by heart before it has
understood them. So half of the functions that are drawn are others, of the same symbols and as long, that the grammar
does not write (a sine of x, say, which it never puts about a leaf). None of them is in the validation or test split.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray

from srbench_lite import UsageError
from srbench_transformer.baseline_grammar import FunctionTable, evaluate
from srbench_transformer.spellings import Spellings
from srbench_transformer.tokens import BEGIN, END, PAD, VOCABULARIES

__all__ = ["TrainingExamples", "codes_of"]

_VOCABULARY: Final = VOCABULARIES["workshop"]
#: Share of the functions that are others than the grammar's.
_SHARE_OF_OTHERS: Final = 0.5
_CODES: Final = {token: code for code, token in enumerate(_VOCABULARY.tokens)}


@dataclass(slots=True, eq=False)
class TrainingExamples:
    """Draws functions to learn from.

    Args:
        functions: those of its training split are learned.
        spellings: the functions beside them; None for no others.

    Raises:
        UsageError: there are no training functions.
    """

    functions: FunctionTable
    spellings: Spellings | None = None
    _rows: dict[int, NDArray[np.intp]] = field(init=False)
    _others: dict[int, NDArray[np.intp]] = field(init=False)
    _lengths: torch.Tensor = field(init=False)
    _chances: torch.Tensor = field(init=False)

    def __post_init__(self) -> None:
        lengths = np.array([len(formula) for formula in self.functions.formulas])
        rows = self.functions.rows("training")
        self._rows = {length: rows[lengths[rows] == length] for length in sorted(set(lengths[rows].tolist()))}
        usual = Counter(lengths[self.functions.rows("training", common=True)].tolist())
        if not usual:
            raise UsageError("there are no training functions among those that were drawn: draw more")
        self._lengths = torch.tensor([length for length in self._rows if usual[length]])
        self._chances = torch.tensor([float(usual[int(length)]) for length in self._lengths])
        self._others = {}
        if self.spellings is not None:
            free = self.spellings.small.copy()
            known = self.spellings.find(self.functions.values)
            free[known[known >= 0]] = False
            for length in range(1, self.spellings.longest + 1):
                numbers = self.spellings.numbers(length)
                self._others[length] = numbers.start + np.flatnonzero(free[numbers.start : numbers.stop])

    def draw(self, count: int, generator: torch.Generator) -> tuple[torch.Tensor, NDArray[np.float64]]:
        """Draw functions, as long as those that the workshop draws.

        Args:
            count: how many.
            generator: draws.

        Returns:
            Tokens, shape (count, longest + 2), from "begin" to "end"; and values on the grid, shape (count, 100).
        """
        places = torch.multinomial(self._chances, count, replacement=True, generator=generator)
        chances = torch.rand((2, count), generator=generator, dtype=torch.float64).tolist()
        formulas, values = [], np.empty((count, self.functions.values.shape[1]))
        for row, (length, which, chance) in enumerate(zip(self._lengths[places].tolist(), *chances, strict=True)):
            others = self._others.get(length)
            on_grid = None
            if others is not None and len(others) and which < _SHARE_OF_OTHERS:
                assert self.spellings is not None
                formula = self.spellings.formula(int(others[int(chance * len(others))]))
                on_grid = evaluate(formula)
            if on_grid is None:
                own = self._rows[length]
                at = int(own[int(chance * len(own))])
                formula, on_grid = self.functions.formulas[at], self.functions.values[at]
            formulas.append(formula)
            values[row] = on_grid
        return codes_of(formulas), values


def codes_of(formulas: list[tuple[str, ...]]) -> torch.Tensor:
    """Return the tokens of formulas from "begin" to "end", shape (formulas, longest + 2)."""
    result = torch.full((len(formulas), _VOCABULARY.longest + 2), PAD)
    for row, tokens in enumerate(formulas):
        codes = [BEGIN, *(_CODES[token] for token in tokens), END]
        result[row, : len(codes)] = torch.tensor(codes)
    return result
