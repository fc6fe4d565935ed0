"""How the transformer and the workshop's fully connected network are trained on formulas without constants.

Recovery is of functions that stand in no other split, with the likeliest formula and with the best of 64 that are
drawn: the one nearest to the points, which are all that is looked at.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import torch
from numpy.typing import NDArray
from srbench_weight_decoder import read_checkpoint, take_step, write_checkpoint
from torch import nn
from torch.nn import functional

from srbench_transformer.baseline_grammar import GRID, FunctionTable, evaluate, same_values
from srbench_transformer.baseline_network import WINDOW, BaselineNetwork, Writer, formula_of
from srbench_transformer.encoding import encode_points, spectrum
from srbench_transformer.model import Model, Shape
from srbench_transformer.tokens import PAD
from srbench_transformer.training_examples import TrainingExamples, codes_of

__all__ = ["Recovery", "recovery", "recovery_by_lookup", "train_baseline_network", "train_transformer", "writer_of"]

_WEIGHT_DECAY: Final = 0.01
_RATE: Final = 1e-3
_WARM_UP_STEPS: Final = 200
#: Functions of a step of the transformer, and how many of their points it is shown; of the network, as published.
_TRANSFORMER_BATCH: Final = 128
_SHOWN_POINTS: Final = 32
_NETWORK_BATCH: Final = 100
#: Functions of the validation split on which the transformer is scored along the way.
_MAX_VALIDATION_FUNCTIONS: Final = 512
#: Before the names of the best weights in a checkpoint.
_BEST: Final = "best."
#: Steps between losses that are logged, and between checkpoints.
_STEPS_BETWEEN_LOGS: Final = 500
#: Formulas that are drawn for a function.
_SAMPLES: Final = 64

#: Called with the steps taken, the mean loss since the last call, and the loss on the validation split or infinity.
LogLoss = Callable[[int, float, float], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Recovery:
    """Shares of functions that a model recovers.

    Attributes:
        functions: that were asked for.
        greedy: with the likeliest token each time.
        sampled: with the best of 64 drawn formulas.
    """

    functions: int
    greedy: float
    sampled: float


def train_transformer(
    examples: TrainingExamples, shape: Shape, *, steps: int, seed: int, log: LogLoss, checkpoint: Path | None = None
) -> Model:  # fmt: skip
    """Train a transformer, and return the best of it: what has the least loss on functions of the validation split.

    `log` is called with steps and losses.

    Raises:
        UsageError: the checkpoint is one of another training.
        DataError: the checkpoint cannot be read.
    """
    functions = examples.functions
    validation_rows = functions.rows("validation", common=True)[:_MAX_VALIDATION_FUNCTIONS]
    validation_input = _model_input(functions.values[validation_rows]) if len(validation_rows) else None
    validation_tokens = codes_of([functions.formulas[row] for row in validation_rows.tolist()])
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        model = Model(shape)

    def loss(generator: torch.Generator) -> torch.Tensor:
        wanted, values = examples.draw(_TRANSFORMER_BATCH, generator)
        features, spectra = _model_input(values)
        places = torch.randperm(len(GRID), generator=generator)[:_SHOWN_POINTS]  # other points each time
        wanted = wanted[:, : int((wanted != PAD).sum(1).max())]
        return model.loss(features[:, places], spectra, wanted)

    @torch.no_grad()
    def validation_loss() -> float:
        assert validation_input is not None
        return float(model.loss(validation_input[0][:, ::2], validation_input[1], validation_tokens))

    about = {"shape": asdict(shape), "functions": len(functions.formulas)}
    _train(
        model, loss, steps=steps, seed=seed, log=log, checkpoint=checkpoint, about=about,
        validation_loss=None if validation_input is None else validation_loss,
    )  # fmt: skip
    return model


def train_baseline_network(examples: TrainingExamples, *, steps: int, seed: int, log: LogLoss) -> BaselineNetwork:
    """Train the workshop's network, one next token of each formula a step, as published."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        network = BaselineNetwork()

    def loss(generator: torch.Generator) -> torch.Tensor:
        tokens, values = examples.draw(_NETWORK_BATCH, generator)
        padded = torch.cat((torch.full((len(tokens), WINDOW - 1), PAD), tokens), 1)
        lengths = (tokens != PAD).sum(1)
        at = (torch.rand(len(tokens), generator=generator) * (lengths - 1)).long() + 1
        before = padded.gather(1, at[:, None] - 1 + torch.arange(WINDOW))
        wanted = tokens.gather(1, at[:, None])[:, 0]
        return functional.cross_entropy(network(torch.from_numpy(values).float(), before), wanted)

    _train(network, loss, steps=steps, seed=seed, log=log)
    return network


def recovery(functions: FunctionTable, split: str, write: Writer, most: int, seed: int) -> Recovery:
    """Return what a writer recovers of at most so many functions of a split, none rarer than those of the workshop."""
    rows = np.random.default_rng(seed).permutation(functions.rows(split, common=True))[:most]
    generator = torch.Generator().manual_seed(seed)
    greedy = sampled = 0
    for row in rows.tolist():
        values = functions.values[row]
        given = torch.from_numpy(values).float()
        greedy += _is_found(write(given, 1, 0.0, generator), values)
        sampled += _is_found(write(given, _SAMPLES, 1.0, generator), values)
    return Recovery(functions=len(rows), greedy=greedy / len(rows), sampled=sampled / len(rows))


def recovery_by_lookup(functions: FunctionTable, split: str, most: int, seed: int) -> Recovery:
    """Return what is recovered of the same functions by taking the nearest function of the training split."""
    rows = np.random.default_rng(seed).permutation(functions.rows(split, common=True))[:most]
    training = functions.values[functions.rows("training")]
    hits = 0
    for row in rows.tolist():
        nearest = training[np.abs(training - functions.values[row]).max(axis=1).argmin()]
        hits += same_values(nearest, functions.values[row])
    return Recovery(functions=len(rows), greedy=hits / len(rows), sampled=hits / len(rows))


def writer_of(model: Model) -> Writer:
    """Return the writer that draws formulas with a transformer."""

    @torch.no_grad()
    def write(values: torch.Tensor, count: int, temperature: float, generator: torch.Generator) -> torch.Tensor:
        memory = model.read(*_model_input(values.double().numpy()[None]))
        return model.write(memory, count, temperature=temperature, generator=generator)[0]

    return write


def _is_found(tokens: torch.Tensor, values: NDArray[np.float64]) -> bool:
    """Return whether the formula among these that is nearest to the values is the function."""
    best, nearest = np.inf, False
    for row in set(map(tuple, tokens.tolist())):
        text = formula_of(row)
        written = None if text is None else evaluate(text)
        if written is not None and (error := float(np.abs(written - values).max())) < best:
            best, nearest = error, same_values(written, values)
    return nearest


def _model_input(values: NDArray[np.float64]) -> tuple[torch.Tensor, torch.Tensor]:
    """Return the features and the spectra of functions, for their values on the grid."""
    x = np.broadcast_to(GRID[None, :, None], (*values.shape, 1))
    return torch.from_numpy(encode_points(x, values, scaled=False)), torch.from_numpy(spectrum(x, values, scaled=False))


def _train(
    module: nn.Module, loss_of: Callable[[torch.Generator], torch.Tensor], *, steps: int, seed: int, log: LogLoss,
    checkpoint: Path | None = None, about: dict[str, Any] | None = None,
    validation_loss: Callable[[], float] | None = None,
) -> None:  # fmt: skip
    """Take steps of Adam, the rate falling to zero over the last half.

    Args:
        module: what is trained.
        loss_of: draws functions and returns the loss on them.
        steps: of Adam.
        seed: of what is drawn.
        log: called with the losses.
        checkpoint: a file to write now and then, and to go on from where it is there; None for none.
        about: what tells the training from others.
        validation_loss: in the end the weights are those for which it was least; None for those of the last step.
    """
    generator = torch.Generator().manual_seed(seed)
    optimiser = torch.optim.AdamW(module.parameters(), lr=_RATE, weight_decay=_WEIGHT_DECAY)
    training = {"steps": steps, "seed": seed} | (about or {})
    first, best, least = _restored(checkpoint, training, module, optimiser, generator)
    losses: list[float] = []
    with torch.random.fork_rng(devices=[]):
        for step in range(first, steps):
            if step % _STEPS_BETWEEN_LOGS == 0:
                torch.manual_seed(seed * steps + step)  # what dropout leaves out does not depend on where it went on
            rate = _RATE * min(1.0, (step + 1) / _WARM_UP_STEPS, 2 * (steps - step) / steps)
            loss = loss_of(generator)
            take_step(optimiser, loss, rate)
            losses.append(loss.item())
            if (step + 1) % _STEPS_BETWEEN_LOGS == 0 or step + 1 == steps:
                module.eval()
                on_validation = math.inf if validation_loss is None else validation_loss()
                module.train()
                if on_validation < least:
                    least = on_validation
                    best = {name: part.detach().clone() for name, part in module.state_dict().items()}
                if checkpoint is not None:
                    state = {
                        "what": training,
                        "step": step + 1,
                        "drawn": generator.get_state().tolist(),
                        "least": least,
                    }
                    others = {f"{_BEST}{name}": tensor for name, tensor in best.items()}
                    write_checkpoint(checkpoint, module, optimiser, state, others=others)
                log(step + 1, sum(losses) / len(losses), on_validation)
                losses.clear()
    if best:
        module.load_state_dict(best)
    module.eval()


def _restored(
    path: Path | None, training: dict[str, Any], module: nn.Module, optimiser: torch.optim.Optimizer,
    generator: torch.Generator,
) -> tuple[int, dict[str, torch.Tensor], float]:  # fmt: skip
    """Bring everything to where the checkpoint says; return the steps taken, the best weights and their loss."""
    checkpoint = read_checkpoint(path, lambda about: bool(about.get("what") == training))
    if checkpoint is None:
        return 0, {}, math.inf
    checkpoint.restore_module(module)
    checkpoint.restore_optimiser(optimiser)
    with checkpoint.reading():
        generator.set_state(torch.tensor(checkpoint.about["drawn"], dtype=torch.uint8))
        return int(checkpoint.about["step"]), checkpoint.part(_BEST), float(checkpoint.about["least"])
