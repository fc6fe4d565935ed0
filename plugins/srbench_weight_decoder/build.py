"""Everything that ships, from nothing: starts, corpora, readers, regressors, their scores and the model card."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Final

import numpy as np
import torch

from srbench_lite import write_text
from srbench_weight_decoder.architecture import ARCHITECTURES, architecture
from srbench_weight_decoder.corpus import Corpus, Settings, generate, load
from srbench_weight_decoder.evaluation import (
    Score,
    coefficients_of,
    estimate_coefficients,
    fit_polynomials,
    read_all,
    refine_all,
    score,
)  # fmt: skip
from srbench_weight_decoder.network_training import Recipe
from srbench_weight_decoder.polynomials import family
from srbench_weight_decoder.reader import ReaderShape
from srbench_weight_decoder.reader_training import Examples, TrainingConfig, train_reader, train_regressor
from srbench_weight_decoder.shipped import (
    check_start,
    load_reader,
    load_regressor,
    load_start,
    reader_name,
    save_reader,
    save_regressor,
    save_starts,
)  # fmt: skip
from srbench_weight_decoder.starts import choose_start, glorot_starts
from srbench_weight_decoder.tensor_files import read_tensors
from srbench_weight_decoder.workers import worker_pool

__all__ = ["CARD", "Plan", "build", "make_starts", "score_readings"]

#: The model card, for programs; `MODEL_CARD.md` says the same to people.
CARD: Final = "card.json"

Say = Callable[[str], None]
#: An architecture and a family of polynomials.
Kind = tuple[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """How much is made.

    Attributes:
        kinds: architectures and families of polynomials for which readers are made.
        seeds: of shared starts that are tried.
        networks: polished ones in the training corpus.
        adam_networks: of those trained by Adam alone.
        held_out: networks of fresh polynomials on which everything is scored, polished, and again by Adam alone.
        head_steps: of each reader's head.
        steps: of each reader's decoder.
        adam_steps: of training by Adam alone.
    """

    kinds: tuple[Kind, ...] = (("sigmoid-128", "poly2"), ("tanh-152", "poly2"), ("tanh-152", "poly4"))
    seeds: int = 64
    networks: int = 100_000
    adam_networks: int = 12_000
    held_out: int = 5_000
    head_steps: int = 2_000
    steps: int = 2_000
    adam_steps: int = 4_000

    @property
    def architectures(self) -> tuple[str, ...]:
        """Return those for which a shared start is chosen."""
        return tuple(dict.fromkeys(architecture for architecture, _ in self.kinds))


def build(plan: Plan, out: Path, work: Path, *, jobs: int, say: Say) -> dict[str, Any]:
    """Make everything.

    Args:
        plan: how much.
        out: folder of the weights.
        work: folder of corpora and checkpoints; what is there already is used.
        jobs: processes, of one thread each.
        say: called with a line for every part that is done.

    Returns:
        The model card.
    """
    out.mkdir(parents=True, exist_ok=True)
    work.mkdir(parents=True, exist_ok=True)
    begun = time.monotonic()
    seconds: dict[str, float] = {}

    def timed(what: str) -> None:
        seconds[what] = round(time.monotonic() - begun - sum(seconds.values()), 1)
        say(f"{what}: {seconds[what]:.0f} s")

    make_starts(plan.architectures, plan.seeds, out, jobs=jobs, say=say)
    timed("shared starts")
    for kind in plan.kinds:
        for use, settings in _corpora(plan, kind).items():
            generate(settings, load_start(kind[0], out), _folder(work, kind, use), jobs=jobs, advance=_silent)
            timed(f"corpus {_folder(work, kind, use).name}")
    with worker_pool(jobs) as workers:
        tasks = [(plan, kind, reading, out, work) for kind in plan.kinds for reading in ("weights", "probe")]
        for path in workers.map(_make_reader, *zip(*tasks, strict=True)):
            say(path.name)
        timed("readers")
        for path in workers.map(_make_regressor, *zip(*((plan, kind, out, work) for kind in plan.kinds), strict=True)):
            say(path.name)
        timed("regressors")
    scores = {
        use: {"-".join(kind): score_readings(load(_folder(work, kind, use)), out) for kind in plan.kinds}
        for use in ("held-out", "held-out-adam")
    }
    timed("scores")
    card = {
        "plan": asdict(plan),
        "files": {path.name: _described(path) for path in sorted(out.glob("*.safetensors"))},
        "corpora": {
            folder.name: _summary(load(folder))
            for folder in (_folder(work, kind, use) for kind in plan.kinds for use in _corpora(plan, kind))
        },
        "seconds": seconds,
        "torch": torch.__version__,
        "scores": {
            use: {name: {reading: asdict(s) for reading, s in by_reading.items()} for name, by_reading in kinds.items()}
            for use, kinds in scores.items()
        },
    }
    write_text(out / CARD, json.dumps(card, indent=1) + "\n")
    return card


def make_starts(names: Sequence[str], seeds: int, out: Path, *, jobs: int, say: Say) -> None:
    """Choose the shared starts and write them, with one of Glorot's for each control; those that are there stay."""
    path = out / "starts.safetensors"
    if path.exists() and read_tensors(path)[1].get("seeds") == seeds:
        return
    with worker_pool(jobs) as workers:
        searches = dict(zip(names, workers.map(_search, names, [seeds] * len(names)), strict=True))
    starts = {name: start for name, (start, _) in searches.items()}
    starts |= {name: glorot_starts(shape, 1, 0) for name, shape in ARCHITECTURES.items() if not shape.identifiable}
    trials = {name: tried[:8] for name, (_, tried) in searches.items()}
    for name, tried in trials.items():
        say(f"{name} starts from seed {tried[0]['seed']} of {seeds}: legible {tried[0]['legible']:.3f}")
    save_starts(out, starts, {"seeds": seeds, "trials": trials})


def score_readings(held: Corpus, weights: Path) -> dict[str, Score]:
    """Return what every reading and every baseline scores on a corpus.

    Raises:
        UsageError: its networks began at another start than the folder's.
    """
    check_start(held, weights)
    settings = held.settings
    polynomials, truth = family(settings.family), held.coefficients
    scores = {}
    for reading in ("weights", "probe"):
        reader = load_reader(settings.family, settings.architecture, reading, weights)
        written = coefficients_of(polynomials, read_all(reader, held.weights))
        scores[reading] = score(polynomials, polynomials.values(written), truth)
    scores["refine"] = score(polynomials, refine_all(held, written != 0), truth)
    scores["least squares"] = score(polynomials, fit_polynomials(held), truth)
    head, mean = load_regressor(settings.family, settings.architecture, weights)
    scores["regressor"] = score(polynomials, estimate_coefficients(head, polynomials, held.weights), truth)
    same = np.round(np.broadcast_to(mean.numpy(), truth.shape), polynomials.decimals)
    scores["mean"] = score(polynomials, same, truth)
    return scores


def _corpora(plan: Plan, kind: Kind) -> dict[str, Settings]:
    polished = Settings(architecture=kind[0], family=kind[1])
    adam = replace(polished, recipe=Recipe(adam_steps=plan.adam_steps, polish_steps=0), precision="float32")
    return {
        "polished": replace(polished, networks=plan.networks, seed=1),
        "adam": replace(adam, networks=plan.adam_networks, seed=3),
        "validation": replace(polished, networks=1000, seed=5, split="validation"),
        "held-out": replace(polished, networks=plan.held_out, seed=2, split="held-out"),
        "held-out-adam": replace(adam, networks=plan.held_out, seed=4, split="held-out"),
    }


def _folder(work: Path, kind: Kind, use: str) -> Path:
    return work / "-".join((*kind, use))


def _search(name: str, seeds: int) -> tuple[torch.Tensor, list[dict[str, Any]]]:
    start, trials = choose_start(architecture(name), seeds, lambda trial: None)
    return start, [asdict(trial) for trial in trials]


def _make_reader(plan: Plan, kind: Kind, reading: str, out: Path, work: Path) -> Path:
    shape = ReaderShape(architecture=kind[0], family=kind[1], reading=reading)
    config = TrainingConfig(head_steps=plan.head_steps, steps=plan.steps)
    # Weights mean what they meant in the corpus; values mean the same however a network was trained.
    uses = ("polished",) if reading == "weights" else ("polished", "adam")
    training, validation = (
        Examples.of(family(shape.family), [load(_folder(work, kind, use)) for use in some])
        for some in (uses, ("validation",))
    )
    checkpoint = work / f"{reader_name(shape).removesuffix('.safetensors')}.checkpoint"
    reader, history = train_reader(shape, config, training, validation, checkpoint, lambda entry: None)
    return save_reader(out, reader, {"course": asdict(config), "history": [asdict(entry) for entry in history]})


def _make_regressor(plan: Plan, kind: Kind, out: Path, work: Path) -> Path:
    polynomials = family(kind[1])
    training = Examples.of(polynomials, [load(_folder(work, kind, "polished"))])
    config = TrainingConfig(head_steps=2 * plan.head_steps)
    head = train_regressor(architecture(kind[0]), polynomials, config, training, lambda entry: None)
    mean = training.coefficients.double().mean(0)
    return save_regressor(out, head, polynomials, mean, {"course": asdict(config)})


def _described(path: Path) -> dict[str, Any]:
    content = path.read_bytes()
    return {"bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}


def _summary(corpus: Corpus) -> dict[str, Any]:
    return {
        **asdict(corpus.settings),
        "median_mse": float(corpus.mse.median()),
        "mse_of_99_percent": float(corpus.mse.quantile(0.99)),
    }


def _silent(networks: int, seconds: float) -> None:
    pass
