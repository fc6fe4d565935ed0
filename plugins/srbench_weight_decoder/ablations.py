"""What each part of the reading is worth: readers of weights alone, trained alike but for one thing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

from srbench_weight_decoder.corpus import Settings, generate, load
from srbench_weight_decoder.evaluation import Score, coefficients_of, read_all, score
from srbench_weight_decoder.network_training import Recipe
from srbench_weight_decoder.polynomials import family
from srbench_weight_decoder.reader import ReaderShape
from srbench_weight_decoder.reader_training import Examples, TrainingConfig, train_reader
from srbench_weight_decoder.shipped import load_start
from srbench_weight_decoder.workers import worker_pool

__all__ = ["ROWS", "AblationScore", "Row", "ablate"]

_TRAINING_NETWORKS: Final = 20_000
_HELD_OUT_NETWORKS: Final = 1_000
_CONFIG: Final = TrainingConfig(head_steps=1000, steps=1000)


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One line of the table.

    Attributes:
        name: what is different.
        corpus: of the networks it is trained on; number, split and seed are filled in.
        reader: what it is built like.
        permute: whether hidden units are put in a new order each time a network is seen.
    """

    name: str
    corpus: Settings = field(default_factory=Settings)
    reader: ReaderShape = field(default_factory=lambda: ReaderShape(reading="weights"))
    permute: bool = False


def _bare(architecture: str = "sigmoid-128", **changed: object) -> ReaderShape:
    return replace(ReaderShape(architecture=architecture, reading="weights", head=False), **changed)  # type: ignore[arg-type]


_INDEPENDENT: Final = Settings(init="independent")

ROWS: Final = (
    Row(name="as shipped, fewer networks and steps"),
    Row(name="no coefficient head", reader=_bare()),
    Row(name="no coefficient head, no positions", reader=_bare(positions=False)),
    Row(name="the published memory (128 to 512), no head", reader=_bare(memory="mlp")),
    Row(name="a short Adam before the polish", corpus=Settings(recipe=Recipe(adam_steps=100))),
    Row(name="one plain start for all", corpus=Settings(init="plain")),
    Row(name="independent starts", corpus=_INDEPENDENT),
    Row(name="independent starts, permuted", corpus=_INDEPENDENT, permute=True),
    Row(name="independent starts, permuted, no positions", corpus=_INDEPENDENT, permute=True,
        reader=ReaderShape(reading="weights", positions=False)),
    Row(name="control tanh-128", corpus=Settings(architecture="tanh-128"),
        reader=ReaderShape(architecture="tanh-128", reading="weights")),
    Row(name="control relu-128", corpus=Settings(architecture="relu-128"),
        reader=ReaderShape(architecture="relu-128", reading="weights")),
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class AblationScore:
    """What a row scores.

    Attributes:
        every: on all networks.
        even: on those of polynomials with a square or a constant, which the controls cannot hold.
    """

    every: Score
    even: Score


def ablate(work: Path, weights: Path, *, jobs: int, say: Callable[[str, AblationScore], None]) -> None:
    """Train and score every row.

    Args:
        work: folder of corpora and checkpoints; what is there already is used.
        weights: folder of the shared starts.
        jobs: processes.
        say: called with each row's name and what it scores on 1,000 held-out networks.
    """
    work.mkdir(parents=True, exist_ok=True)
    for row in ROWS:
        for settings, folder in (
            (_training(row), _folder(work, row)),
            (_held_out(row), _folder(work, row, "held-out")),
        ):
            start = load_start(settings.architecture, weights)
            generate(settings, start, folder, jobs=jobs, advance=lambda networks, seconds: None)
    with worker_pool(jobs) as workers:
        for row, row_score in zip(ROWS, workers.map(_scored, ROWS, [work] * len(ROWS)), strict=True):
            say(row.name, row_score)


def _training(row: Row) -> Settings:
    return replace(row.corpus, networks=_TRAINING_NETWORKS, seed=21)


def _held_out(row: Row) -> Settings:
    return replace(row.corpus, networks=_HELD_OUT_NETWORKS, seed=22, split="held-out")


def _folder(work: Path, row: Row, split: str = "training") -> Path:
    made = row.corpus
    adam = f"-adam{made.recipe.adam_steps}" if made.recipe.adam_steps else ""
    return work / f"ablation-{made.architecture}-{made.init}{adam}-{split}"


def _scored(row: Row, work: Path) -> AblationScore:
    polynomials = family(row.reader.family)
    held = load(_folder(work, row, "held-out"))
    training = Examples.of(polynomials, [load(_folder(work, row))])
    validation = Examples.of(polynomials, [held])  # looked at for the curves only
    config = replace(_CONFIG, permute=row.permute)
    checkpoint = work / f"ablation-{ROWS.index(row)}.checkpoint"
    reader, _ = train_reader(row.reader, config, training, validation, checkpoint, lambda entry: None)
    written = coefficients_of(polynomials, read_all(reader, held.weights))
    even = (held.coefficients[:, polynomials.powers % 2 == 0] != 0).any(axis=1)
    coefficients = polynomials.values(written)
    return AblationScore(
        every=score(polynomials, coefficients, held.coefficients),
        even=score(polynomials, coefficients[even], held.coefficients[even]),
    )
