"""Two models on the formulas of the workshop: the transformer, and the workshop's small fully connected network.

Recovery is of the function, on functions that are in no other split, with the likeliest formula and with the best of 64
that are drawn: the one nearest to the points, which are all that is looked at.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import torch
from numpy.typing import NDArray
from srbench_weight_decoder.files import read_tensors
from torch import nn
from torch.nn import functional

from srbench_lite import DataError, UsageError
from srbench_transformer import checkpoints
from srbench_transformer.encoding import encoded, spectrum
from srbench_transformer.lessons import Lessons, codes_of
from srbench_transformer.model import Model, Shape
from srbench_transformer.tokens import BEGIN, END, PAD, VOCABULARIES
from srbench_transformer.workshop import GRID, Table, evaluated, same

__all__ = [
    "Connected", "Recovery", "formula_of", "learn_connected", "learn_transformer", "looked_up", "recovery",
    "written_by",
]  # fmt: skip

_VOCABULARY: Final = VOCABULARIES["workshop"]
_CODES: Final = {token: code for code, token in enumerate(_VOCABULARY.tokens)}
#: Tokens that the fully connected network looks back on, and the width of their embedding; both as published.
_WINDOW: Final = 15
_EMBEDDING: Final = 4
_WIDTH: Final = 128
_DECAY: Final = 0.01
#: Functions of a step of the transformer, and how many of their points it is shown; of the network, as published.
_BATCH: Final = 128
_SHOWN: Final = 32
_CONNECTED_BATCH: Final = 100
#: Functions of the validation split that are looked at, and the prefix of the best weights in a checkpoint.
_WATCHED: Final = 512
_BEST: Final = "best."
#: Steps between losses that are told, and between checkpoints.
_EVERY: Final = 500

#: Told the steps that were taken, the loss since the last time, and that on the validation split or infinity.
Say = Callable[[int, float, float], None]
#: Draws formulas for the values of one function: values (100,), how many, temperature, generator; tokens (count, n).
Write = Callable[[torch.Tensor, int, float, torch.Generator], torch.Tensor]


@dataclass(frozen=True, slots=True, kw_only=True)
class Recovery:
    """Shares of functions that were found.

    Attributes:
        functions: that were asked for.
        greedy: with the likeliest token each time.
        sampled: with the best of 64 drawn formulas.
    """

    functions: int
    greedy: float
    sampled: float


class Connected(nn.Module):
    """The workshop's network: the values through two layers, with the tokens before through three more."""

    def __init__(self) -> None:
        super().__init__()
        self.encoder = nn.Sequential(nn.Linear(2 * len(GRID), _WIDTH), nn.ReLU(), nn.Linear(_WIDTH, _WIDTH), nn.ReLU())
        self.embedding = nn.Embedding(len(_VOCABULARY.tokens), _EMBEDDING)
        self.decoder = nn.Sequential(
            nn.Linear(_WIDTH + _WINDOW * _EMBEDDING, _WIDTH), nn.ReLU(), nn.Linear(_WIDTH, _WIDTH), nn.ReLU(),
            nn.Linear(_WIDTH, len(_VOCABULARY.tokens)),
        )  # fmt: skip

    def forward(self, values: torch.Tensor, before: torch.Tensor) -> torch.Tensor:
        """Return logits of the next token, shape (B, tokens), for values (B, 100) and tokens before (B, 15)."""
        grid = torch.from_numpy(GRID).float().expand(len(values), -1)
        read = self.encoder(torch.cat((grid, values), 1))
        found: torch.Tensor = self.decoder(torch.cat((read, self.embedding(before).flatten(1)), 1))
        return found

    @torch.no_grad()
    def write(self, values: torch.Tensor, count: int, temperature: float, generator: torch.Generator) -> torch.Tensor:
        """Draw formulas; see `Write`."""
        tokens = torch.full((count, _WINDOW + 1), PAD)
        tokens[:, -1] = BEGIN
        for _ in range(_VOCABULARY.longest + 1):
            scores = self(values.expand(count, -1), tokens[:, -_WINDOW:])
            chosen = _chosen(scores, temperature, generator)
            tokens = torch.cat((tokens, chosen[:, None]), 1)
        return tokens[:, _WINDOW + 1 :]


def learn_transformer(
    lessons: Lessons, shape: Shape, *, steps: int, seed: int, say: Say, checkpoint: Path | None = None
) -> Model:  # fmt: skip
    """Train a transformer, and return the best of it: what has the least loss on functions of the validation split.

    `say` is told steps and losses.

    Raises:
        UsageError: the checkpoint is one of another training.
        DataError: the checkpoint cannot be read.
    """
    functions = lessons.functions
    watched = functions.rows("validation", common=True)[:_WATCHED]
    seen = _seen(functions.values[watched]) if len(watched) else None
    wanted_there = codes_of([functions.formulas[row] for row in watched.tolist()])
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        model = Model(shape)

    def loss(generator: torch.Generator) -> torch.Tensor:
        wanted, values = lessons.drawn(_BATCH, generator)
        features, spectra = _seen(values)
        places = torch.randperm(len(GRID), generator=generator)[:_SHOWN]  # other points each time
        wanted = wanted[:, : int((wanted != PAD).sum(1).max())]
        logits = model(model.read(features[:, places], spectra), wanted[:, :-1])
        return functional.cross_entropy(logits.flatten(0, 1), wanted[:, 1:].flatten(), ignore_index=PAD)

    @torch.no_grad()
    def validated() -> float:
        assert seen is not None
        logits = model(model.read(seen[0][:, ::2], seen[1]), wanted_there[:, :-1])
        found = functional.cross_entropy(logits.flatten(0, 1), wanted_there[:, 1:].flatten(), ignore_index=PAD)
        return float(found)

    kept = None if checkpoint is None else (checkpoint, {"shape": asdict(shape), "functions": len(functions.formulas)})
    _train(model, loss, steps=steps, rate=1e-3, seed=seed, say=say, kept=kept,
           validated=None if seen is None else validated)  # fmt: skip
    return model


def learn_connected(lessons: Lessons, *, steps: int, seed: int, say: Say) -> Connected:
    """Train the workshop's network, one next token of each formula a step, as published."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        network = Connected()

    def loss(generator: torch.Generator) -> torch.Tensor:
        tokens, values = lessons.drawn(_CONNECTED_BATCH, generator)
        padded = torch.cat((torch.full((len(tokens), _WINDOW - 1), PAD), tokens), 1)
        lengths = (tokens != PAD).sum(1)
        at = (torch.rand(len(tokens), generator=generator) * (lengths - 1)).long() + 1
        before = padded.gather(1, at[:, None] - 1 + torch.arange(_WINDOW))
        wanted = tokens.gather(1, at[:, None])[:, 0]
        return functional.cross_entropy(network(torch.from_numpy(values).float(), before), wanted)

    _train(network, loss, steps=steps, rate=1e-3, seed=seed, say=say)
    return network


def recovery(functions: Table, split: str, write: Write, most: int, seed: int) -> Recovery:
    """Return what is found of at most so many functions of a split, none rarer than those of the workshop."""
    rows = np.random.default_rng(seed).permutation(functions.rows(split, common=True))[:most]
    generator = torch.Generator().manual_seed(seed)
    greedy = sampled = 0
    for row in rows.tolist():
        values = functions.values[row]
        given = torch.from_numpy(values).float()
        greedy += _is_found(write(given, 1, 0.0, generator), values)
        sampled += _is_found(write(given, 64, 1.0, generator), values)
    return Recovery(functions=len(rows), greedy=greedy / len(rows), sampled=sampled / len(rows))


def looked_up(functions: Table, split: str, most: int, seed: int) -> Recovery:
    """Return what is found of the same functions by taking the nearest function of the training split."""
    rows = np.random.default_rng(seed).permutation(functions.rows(split, common=True))[:most]
    known = functions.values[functions.rows("training")]
    hits = 0
    for row in rows.tolist():
        nearest = known[np.abs(known - functions.values[row]).max(axis=1).argmin()]
        hits += same(nearest, functions.values[row])
    return Recovery(functions=len(rows), greedy=hits / len(rows), sampled=hits / len(rows))


def written_by(model: Model) -> Write:
    """Return what draws formulas with a transformer."""

    @torch.no_grad()
    def write(values: torch.Tensor, count: int, temperature: float, generator: torch.Generator) -> torch.Tensor:
        memory = model.read(*_seen(values.double().numpy()[None]))
        return model.write(memory, count, temperature=temperature, generator=generator)[0]

    return write


def formula_of(row: Sequence[int]) -> tuple[str, ...] | None:
    """Return the tokens of a formula from their codes up to "end"; None where that is no formula."""
    if END not in row:
        return None
    text = tuple(_VOCABULARY.tokens[code] for code in row[: list(row).index(END)])
    missing = 1
    for token in text:
        arity = _VOCABULARY.arity[_CODES[token]]
        if missing == 0 or arity < 0:
            return None
        missing += arity - 1
    return text if missing == 0 else None


def _is_found(tokens: torch.Tensor, values: NDArray[np.float64]) -> bool:
    """Return whether the formula among these that is nearest to the values is the function."""
    best, nearest = np.inf, False
    for row in set(map(tuple, tokens.tolist())):
        text = formula_of(row)
        found = None if text is None else evaluated(text)
        if found is not None and (error := float(np.abs(found - values).max())) < best:
            best, nearest = error, same(found, values)
    return nearest


def _seen(values: NDArray[np.float64]) -> tuple[torch.Tensor, torch.Tensor]:
    """Return the features and the spectra of functions, for their values on the grid."""
    x = np.broadcast_to(GRID[None, :, None], (*values.shape, 1))
    return torch.from_numpy(encoded(x, values, scaled=False)), torch.from_numpy(spectrum(x, values, scaled=False))


def _chosen(scores: torch.Tensor, temperature: float, generator: torch.Generator) -> torch.Tensor:
    if temperature == 0:
        return scores.argmax(1)
    return torch.multinomial((scores / temperature).softmax(1), 1, generator=generator)[:, 0]


def _train(
    module: nn.Module, loss_of: Callable[[torch.Generator], torch.Tensor], *, steps: int, rate: float, seed: int,
    say: Say, kept: tuple[Path, dict[str, Any]] | None = None, validated: Callable[[], float] | None = None,
) -> None:  # fmt: skip
    """Take steps of Adam, the rate falling to zero over the last half.

    Args:
        kept: a checkpoint, and of what it is one.
        validated: a loss; in the end the weights are those that had the least. None for those of the last step.
    """
    generator = torch.Generator().manual_seed(seed)
    optimiser = torch.optim.AdamW(module.parameters(), lr=rate, weight_decay=_DECAY)
    what = {"steps": steps, "seed": seed} | (kept[1] if kept else {})
    first, best, least = 0, dict[str, torch.Tensor](), math.inf
    if kept and kept[0].exists():
        first, best, least = _restored(kept[0], what, module, optimiser, generator)
    losses: list[float] = []
    with torch.random.fork_rng(devices=[]):
        for step in range(first, steps):
            if step % _EVERY == 0:
                torch.manual_seed(seed * steps + step)  # what is left out does not depend on where it went on
            for group in optimiser.param_groups:
                group["lr"] = rate * min(1.0, (step + 1) / 200, 2 * (steps - step) / steps)
            loss = loss_of(generator)
            optimiser.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            optimiser.step()
            losses.append(loss.item())
            if (step + 1) % _EVERY == 0 or step + 1 == steps:
                module.eval()
                there = math.inf if validated is None else validated()
                module.train()
                if there < least:
                    least, best = there, {name: part.detach().clone() for name, part in module.state_dict().items()}
                if kept:
                    about = {"what": what, "step": step + 1, "drawn": generator.get_state().tolist(), "least": least}
                    checkpoints.write(kept[0], module, optimiser, about, {f"{_BEST}{n}": t for n, t in best.items()})
                say(step + 1, sum(losses) / len(losses), there)
                losses.clear()
    if best:
        module.load_state_dict(best)
    module.eval()


def _restored(
    path: Path, what: dict[str, Any], module: nn.Module, optimiser: torch.optim.Optimizer, generator: torch.Generator
) -> tuple[int, dict[str, torch.Tensor], float]:
    """Bring everything to where the checkpoint says; return the steps taken, the best weights and their loss."""
    tensors, about = read_tensors(path)
    if about.get("what") != what:
        raise UsageError(f"{path} is the checkpoint of another training; remove it or name another file")
    checkpoints.restore(path, tensors, module, optimiser)
    try:
        generator.set_state(torch.tensor(about["drawn"], dtype=torch.uint8))
        best = {name.removeprefix(_BEST): tensor for name, tensor in tensors.items() if name.startswith(_BEST)}
        return int(about["step"]), best, float(about["least"])
    except (RuntimeError, KeyError, TypeError, ValueError) as error:
        raise DataError(f"{path} is no checkpoint of this training: {error}") from error
