"""The method `planning`: a tree of beginnings of formulas, of which those are written to their end that promise most.

Source: Shojaee, Meidani, Barati Farimani & Reddy, "Transformer-based Planning for Symbolic Regression" (TPSR, NeurIPS
2023, arXiv 2303.06833): Monte Carlo tree search over the decoding of a trained transformer. As published are the
children of a beginning (its likeliest next tokens), the choice among them (P-UCB), the greedy end that the transformer
writes to a beginning, the reward, and the maximum in the backup. What differs: many beginnings are chosen and written
to their ends at once; no token is committed, each choice starts from the root; and since the end that is written to a
beginning is also that of every longer beginning within it, all of them are entered at once, so that no formula is
written twice.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import torch

from srbench_lite import Budget, Fit, Report, Samples
from srbench_lite.fitting import count_work
from srbench_transformer.model import Model
from srbench_transformer.pipeline import FitContext, constant_answer, model_input
from srbench_transformer.shipped import load_model
from srbench_transformer.tokens import END, PAD, TOKENS

if TYPE_CHECKING:
    from srbench_transformer import Planning

__all__ = ["PrefixTree", "Written", "complete", "fit_planning", "log_reward", "published_reward"]

Skeleton = tuple[str, ...]
#: Codes of the tokens with which a formula begins.
Prefix = tuple[int, ...]

#: Of what cannot be fitted, as published.
_REWARD_OF_NOTHING: Final = -2.0
#: Tokens over which the reward of being short falls to 1 / e, as published.
_LENGTH_SCALE: Final = 200.0
#: NMSE at which the reward that does not saturate is 1.
_SMALLEST_NMSE: Final = 1e-12
#: Nanoseconds of a step down the tree, for `count_work`.
_STEP: Final = 4_000.0


def published_reward(nmse: float, length: int, short: float) -> float:
    """Return 1 / (1 + NMSE) + short * exp(-length / 200), eq. 2 of the paper; -2 for what cannot be fitted."""
    return 1 / (1 + nmse) + short * math.exp(-length / _LENGTH_SCALE) if math.isfinite(nmse) else _REWARD_OF_NOTHING


def log_reward(nmse: float, length: int, short: float) -> float:
    """Return the same with -log10(NMSE) / 12, between -1 and 1, in place of the first term, which saturates near 1."""
    if not math.isfinite(nmse):
        return _REWARD_OF_NOTHING
    digits = -math.log10(max(nmse, _SMALLEST_NMSE)) / -math.log10(_SMALLEST_NMSE)
    return max(digits, -1.0) + short * math.exp(-length / _LENGTH_SCALE)


_REWARDS: Final = {"published": published_reward, "log": log_reward}


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """A formula that was written to its end.

    Attributes:
        prefix: with which it had to begin.
        tokens: of the whole formula.
        children: at each step from the end of the prefix on, the likeliest tokens and their chances, likeliest first.
    """

    prefix: Prefix
    tokens: Prefix
    children: tuple[tuple[tuple[int, float], ...], ...]

    @property
    def skeleton(self) -> Skeleton:
        """Return the formula as text."""
        return tuple(TOKENS[code] for code in self.tokens)


@dataclass(slots=True, eq=False)
class _State:
    """A beginning of formulas.

    Attributes:
        visits: how often it was passed through, or chosen.
        best: the largest reward of a formula that begins so; 0 before there is any.
        chances: of its children, the likeliest first; empty until it was written to its end.
        children: those that were chosen or written so far.
        open: how many of its children may be chosen, or lead to what may be.
    """

    visits: int = 0
    best: float | None = None
    chances: tuple[tuple[int, float], ...] = ()
    children: dict[int, _State] = field(default_factory=dict)
    open: int = 0


class PrefixTree:
    """Beginnings of formulas, and the largest reward of what begins so.

    Args:
        exploration: how much chance and rarity count beside the reward, beta of P-UCB.
    """

    def __init__(self, exploration: float) -> None:
        self.exploration = exploration
        self._root = _State()
        self._is_begun = False

    def choose(self, count: int) -> list[Prefix]:
        """Return so many beginnings whose ends are not known, the most promising first; fewer where there are no more.

        Each counts as visited at once, so that one choice turns the next one elsewhere.
        """
        if not self._is_begun:
            self._is_begun = True
            return [()]
        chosen: list[Prefix] = []
        while len(chosen) < count and self._root.open:
            prefix, path = [], [self._root]
            self._root.visits += 1
            while path[-1].chances:
                token = self._best_child(path[-1])
                prefix.append(token)
                child = path[-1].children.setdefault(token, _State())
                child.visits += 1
                path.append(child)
            count_work(_STEP * len(path))
            _close(path)
            chosen.append(tuple(prefix))
        return chosen

    def enter(self, written: Written, reward: float) -> None:
        """Enter a formula that was written to the end of a chosen beginning, and its reward."""
        path = [self._root]
        for token in written.tokens[: len(written.prefix)]:
            path.append(path[-1].children[token])
        begun = len(path)
        for chances, token in zip(written.children, written.tokens[len(written.prefix) :], strict=True):
            here = path[-1]
            here.chances = chances
            here.open = sum(code != token for code, _ in chances)
            here.children[token] = child = _State(visits=1)
            path.append(child)
        for place in range(len(path) - 3, begun - 2, -1):  # from the end: what can still be chosen below counts above
            path[place].open += path[place + 1].open > 0
        _reopen(path[:begun])
        for state in path:
            state.best = reward if state.best is None else max(state.best, reward)

    def _best_child(self, state: _State) -> int:
        """Return the child with the largest reward + beta * chance * sqrt(ln visits) / (1 + its visits)."""
        spread = self.exploration * math.sqrt(math.log(max(state.visits, 1)))

        def promise(token: int, chance: float) -> float:
            child = state.children.get(token)
            if child is None:
                return spread * chance
            return (child.best or 0.0) + spread * chance / (1 + child.visits)

        choices = [(token, chance) for token, chance in state.chances if _may_be_chosen(state.children.get(token))]
        return max(choices, key=lambda choice: promise(*choice))[0]


def _may_be_chosen(child: _State | None) -> bool:
    return child is None or child.open > 0


def _close(path: Sequence[_State]) -> None:
    """Note that the last state of a path cannot be chosen any more, and what follows for those above it."""
    for state in reversed(path[:-1]):
        state.open -= 1
        if state.open:
            return


def _reopen(path: Sequence[_State]) -> None:
    """Note that something can be chosen below the last state of a path, where that is so."""
    if not path[-1].open:
        return
    for state in reversed(path[:-1]):
        state.open += 1
        if state.open > 1:
            return


def complete(model: Model, memory: torch.Tensor, prefixes: Sequence[Prefix], width: int) -> list[Written]:
    """Let a model write beginnings to their likeliest ends, token by token, all at once.

    Args:
        model: writes.
        memory: of `Model.read`, shape (1, latents, width).
        prefixes: the beginnings, of allowed tokens.
        width: how many of the likeliest tokens are the children of a state.
    """
    longest = max(map(len, prefixes))
    forced = torch.tensor([[*prefix, *[PAD] * (longest - len(prefix))] for prefix in prefixes], dtype=torch.long)
    chances: list[torch.Tensor] = []
    tokens, _ = model.write(
        memory, len(prefixes), temperature=0.0, generator=torch.Generator(), forced=forced.to(memory.device),
        see=chances.append,
    )  # fmt: skip
    likeliest = torch.stack(chances, 1).exp().topk(width, dim=2)  # (count, steps, width)
    values, codes = likeliest.values.tolist(), likeliest.indices.tolist()
    written = []
    for row, prefix in enumerate(prefixes):
        whole = tuple(code for code in tokens[row].tolist() if code not in (PAD, END))
        children = tuple(
            tuple((code, value) for code, value in zip(codes[row][step], values[row][step], strict=True) if value > 0)
            for step in range(len(prefix), len(whole))
        )
        written.append(Written(prefix=prefix, tokens=whole, children=children))
    return written


def fit_planning(method: Planning, samples: Samples, *, seed: int, budget: Budget, report: Report) -> Fit:
    """Fit `planning` to `samples`; see `Method.fit`."""
    if (answer := constant_answer(samples, report)) is not None:
        return answer
    context = FitContext.of(samples, seed=seed, budget=budget, report=report)
    search = context.new_search()
    reward = _REWARDS[method.reward]

    def batches() -> Iterator[Iterable[Skeleton]]:
        model = load_model(method.weights, method.device)
        memory = model.read(*(part.to(method.device) for part in model_input(context.samples, method.points, seed)))
        tree = PrefixTree(method.exploration)
        if method.near:
            yield search.polynomials()
        while prefixes := tree.choose(method.batch):
            written = complete(model, memory, prefixes, method.width)
            yield [each.skeleton for each in written]
            for each in written:
                tree.enter(each, reward(search.nmse_of(each.skeleton), len(each.tokens), method.short))
            if method.near:
                yield search.neighbours()

    return context.search(batches(), search)
