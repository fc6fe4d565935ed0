"""What `diffusion` finds: `python tests/tools/measure_diffusion.py [PART...]`, without names all parts.

Parts `samples-…` fit what 192 samples of a model are, each once, and nothing else: equal samples. Parts `mutations-…`
go on from the 192 samples of the denoiser with variants of the best, 32 at a time, until 256 more skeletons were
fitted: equal fits. The others are whole fits, on one thread, with the seed 0. A line a task goes to
`results/diffusion.csv`; what stands there is not run again: the same command goes on where an interrupted one stopped.
`python tests/tools/make_tables.py` makes the tables of the README.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import fmean, median
from typing import Any, Final

sys.path.append(str(Path(__file__).resolve().parents[1] / "support"))

import numpy as np
import torch
from measure_transformer import committed as transformer_runs
from measured_parts import go_on, paired_difference, rate, read_lines
from places import ROOT, SUPPORT
from srbench_transformer.denoiser import Denoiser
from srbench_transformer.diffusion import denoise, draw_lengths, infill, of_variables, skeletons_by_rank
from srbench_transformer.diffusion_pipeline import Turns, some_neighbours
from srbench_transformer.model import Model
from srbench_transformer.pipeline import FitContext, Prior, model_input
from srbench_transformer.rounding import are_whole, round_freely, round_to_formulas
from srbench_transformer.search import Search
from srbench_transformer.shipped import load_denoiser
from srbench_transformer.tokens import END, PAD, TOKENS

from srbench_lite import Budget, Registry, Task, discover, judge, torch_threads
from srbench_lite.fitting import Deadline
from srbench_lite.running.slow_clock import slowed

RUNS: Final = ROOT / "results" / "diffusion.csv"
_SUITES: Final = SUPPORT / "transformer_tasks.py"
_SAMPLES: Final = 192
_STEPS: Final = 16
_VARIANTS: Final = 32
_FITS_OF_VARIANTS: Final = 256
#: Share of its clock that a fit sees, so that the end of its counted work ends it and not what else the machine does.
_MACHINE: Final = 0.5
#: No search that is counted in samples or fits ends before it has counted them.
_AMPLE: Final = Budget(seconds=1_200.0)

Skeleton = tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Part:
    """One measurement: samples of a model, variants after samples, or a method, on the first tasks of a suite."""

    label: str
    suite: str = "drawn-1"
    tasks: tuple[int, int] = (0, 100)
    samples: str = ""  # of "denoiser", "transformer" or "generator"
    variants: str = ""  # "infilled" or "neighbours"
    method: str = ""
    settings: Mapping[str, Any] = field(default_factory=dict)
    against: str = ""  # the part with which it is paired
    aim: str = "–"


_ALONE: Final = {"near": False, "likeliest": 0, "prior": 0, "infill": 0}
PARTS: Final = {
    "samples-denoiser": Part(label="192 samples of the denoiser", samples="denoiser", against="samples-transformer"),
    "samples-transformer": Part(label="192 samples of `transformer`", samples="transformer"),
    "samples-generator": Part(label="192 samples of the generator", samples="generator", against="samples-transformer"),
    "mutations-infilled": Part(
        label="192 samples, then 256 infilled variants", samples="denoiser", variants="infilled",
        against="mutations-neighbours",
    ),
    "mutations-neighbours": Part(
        label="192 samples, then 256 neighbours at random", samples="denoiser", variants="neighbours"
    ),
    "alone": Part(label="`diffusion`, samples alone", method="diffusion", settings=_ALONE, aim="45 of 100"),
    "alone-infill": Part(
        label="`diffusion`, samples and infilling alone", method="diffusion", settings={**_ALONE, "infill": 32},
        against="alone",
    ),
    "alone-vary": Part(
        label="`diffusion`, samples and neighbours at random alone", method="diffusion",
        settings={**_ALONE, "vary": 32}, against="alone-infill",
    ),
    "drawn-1": Part(label="`diffusion`", method="diffusion", tasks=(0, 200), against="transformer"),
    "drawn-2": Part(label="`diffusion`", method="diffusion", suite="drawn-2", against="transformer"),
}  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class MeasuredRun:
    """A line of the file.

    Attributes:
        part, task: of which.
        found: whether the formula is the truth, as the judge says.
        fits: skeletons that were fitted.
        whole: share of the samples that are formulas as the model gives them, without the help of the grammar; -1 where
            there are no samples.
        distinct: skeletons among the samples; -1 where there are none.
        stopped: "budget" where the clock ended it.
        seconds: of CPU.
        formula: that was found.
    """

    part: str
    task: str
    found: bool
    fits: int
    whole: float = -1.0
    distinct: int = -1
    stopped: str = ""
    seconds: float = 0.0
    formula: str = ""


def committed(path: Path = RUNS) -> list[MeasuredRun]:
    """Return the runs that were written; none before."""
    return read_lines(path, MeasuredRun)


HEADERS: Final = (
    "what", "tasks", "recovered", "rate [95 %]", "aim", "paired with", "difference, points [95 %]",
    "whole before the grammar's help", "distinct of 192", "fits, median", "ended by the clock", "CPU s, median",
)  # fmt: skip


def table(runs: Iterable[MeasuredRun]) -> Iterator[tuple[object, ...]]:
    """Yield a row for each part that has runs."""
    by_part: dict[str, dict[str, MeasuredRun]] = {}
    for run in runs:
        by_part.setdefault(run.part, {})[run.task] = run
    found = {name: {run.task: run.found for run in mine.values()} for name, mine in by_part.items()}
    found["transformer"] = {
        run.task: run.is_recovered for run in transformer_runs() if run.part in ("drawn-1", "drawn-2")
    }
    for name, part in PARTS.items():
        if name not in by_part:
            continue
        mine = list(by_part[name].values())
        sampled = [run for run in mine if run.distinct >= 0]
        label = PARTS[part.against].label if part.against in PARTS else f"`{part.against}`"
        yield (
            part.label, f"{part.suite}, first {len(mine)}", *rate(run.found for run in mine), part.aim,
            label if part.against else "–", paired_difference(found[name], found.get(part.against, {})),
            f"{100 * fmean(run.whole for run in sampled):.1f} %" if sampled else "–",
            f"{fmean(run.distinct for run in sampled):.0f}" if sampled else "–",
            f"{median(run.fits for run in mine):.0f}", sum(run.stopped == "budget" for run in mine),
            f"{median(run.seconds for run in mine):.1f}",
        )  # fmt: skip


def measured(name: str, task: Task, registry: Registry) -> MeasuredRun:
    """Measure one part on one task."""
    began = time.process_time()
    assert task.truth is not None
    samples = task.dataset(seed=0).train
    part = PARTS[name]
    facts: dict[str, Any] = {}
    if part.method:
        method = registry.method(part.method).with_parameters(dict(part.settings))
        with slowed(_MACHINE):
            fit = method.fit(samples, seed=0, budget=Budget(seconds=10.0), report=lambda expression: None)
        fits = int(fit.extras.get("fits", 0))
    else:
        context = FitContext.of(samples, seed=0, budget=_AMPLE, report=lambda expression: None)
        search = context.new_search()
        with torch_threads(1), torch.no_grad(), np.errstate(all="ignore"):
            facts = _sampled(part, context, search)
        fit, fits = context.answer({}), search.fits
    recovered = judge(fit.expression, task.truth, task.variables).recovered
    return MeasuredRun(
        part=name, task=task.name, found=bool(recovered), fits=fits, stopped=fit.stopped or "",
        seconds=round(time.process_time() - began, 2), formula=str(fit.expression), **facts,
    )  # fmt: skip


def _sampled(part: Part, context: FitContext, search: Search) -> dict[str, Any]:
    """Fit samples, and variants of the best where the part has them; return what is said of the samples."""
    denoiser, reader = load_denoiser("diffusion")
    memory = reader.read(*model_input(context.samples, 64, 0))
    generator, rng = torch.Generator().manual_seed(0), np.random.default_rng(0)
    variables = context.samples.x.shape[1]
    if part.samples == "denoiser":
        whole, drawn = _of_denoiser(denoiser, memory, variables, generator)
    elif part.samples == "transformer":
        whole, drawn = 1.0, _of_transformer(reader, memory, generator)
    else:
        whole, drawn = 1.0, list(dict.fromkeys(Prior(variables, 0, rng).skeletons(_SAMPLES, False)))
    is_done = search.propose(drawn)
    most, turns = search.fits + _FITS_OF_VARIANTS, Turns()
    while part.variants and not is_done and search.fits < most and (leader := turns.next_of(search)) is not None:
        before = search.fits
        if part.variants == "infilled":
            variants: Sequence[Skeleton] = infill(
                denoiser, memory, leader.tokens, _VARIANTS, variables=variables, steps=_STEPS, rng=rng,
                generator=generator, deadline=search.deadline,
            )  # fmt: skip
        else:
            variants = some_neighbours(leader, search, _VARIANTS, rng)
        is_done = search.propose(variant for variant in variants if search.fits < most)
        if search.fits == before and sum(turns.taken.values()) > most:
            break
    return {"whole": round(whole, 4), "distinct": len(drawn)}


def _of_denoiser(
    denoiser: Denoiser, memory: torch.Tensor, variables: int, generator: torch.Generator
) -> tuple[float, list[Skeleton]]:
    """Return how many of the samples are whole formulas as they come, and what the grammar makes of all."""
    lengths = draw_lengths(denoiser, memory, _SAMPLES, generator)
    logits = denoise(denoiser, memory, lengths, steps=_STEPS, generator=generator, deadline=Deadline(np.inf))
    logits = of_variables(logits, variables)
    whole = float(are_whole(round_freely(logits, lengths)).double().mean())
    return whole, skeletons_by_rank(*round_to_formulas(logits, lengths))


def _of_transformer(model: Model, memory: torch.Tensor, generator: torch.Generator) -> list[Skeleton]:
    """Return the samples of the model that writes, each once, the likeliest first, as `transformer` tries them."""
    tokens, likelihood = model.write(memory, _SAMPLES, temperature=1.0, generator=generator)
    texts = [tuple(TOKENS[code] for code in row if code not in (PAD, END)) for row in tokens.tolist()]
    scores = dict(zip(texts, likelihood.tolist(), strict=True))
    return sorted(scores, key=lambda skeleton: (-scores[skeleton], skeleton))


def main() -> int:
    registry = discover(files=(_SUITES,))
    tasks = {name: registry.suite(part.suite).tasks[slice(*part.tasks)] for name, part in PARTS.items()}
    for row in table(go_on(__doc__, RUNS, MeasuredRun, tasks, lambda name, task: measured(name, task, registry))):
        print(*row, sep=" | ")
    return 0


if __name__ == "__main__":
    sys.exit(main())
