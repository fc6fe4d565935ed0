"""The command line `srbench-transformer`: what functions are drawn, and the training of the model."""

from __future__ import annotations

import math
import time
from collections import Counter
from pathlib import Path

import click
from srbench_weight_decoder.commands import run

from srbench_lite import UsageError

__all__ = ["cli", "main"]


@click.group(context_settings={"help_option_names": ["-h", "--help"], "show_default": True})
def cli() -> None:
    """Draw the functions that the method transformer learns from, and train its model.

    \b
    Exit codes: 0 done, 1 something went wrong, 2 wrong usage or bad input,
    130 interrupted; a training with --out goes on with the same command.
    """


@cli.command("sample")
@click.option("--count", type=click.IntRange(1), default=20, metavar="N", help="Functions.")
@click.option(
    "--grammar", type=click.Choice(("own", "workshop")), default="own",
    help="Of this package, with constants; or of the workshop: + - *, abs, sin, tan, exp and x.",
)  # fmt: skip
@click.option("--variables", type=click.IntRange(1, 2), default=1, help="Of each function; the workshop has one.")
@click.option("--seed", type=click.IntRange(0), default=0, metavar="N", help="Draws them.")
@click.option(
    "--split", type=click.Choice(("training", "validation", "held-out")), default="training",
    help="Of their skeletons; of the workshop, of the functions themselves.",
)  # fmt: skip
@click.option(
    "--out", type=click.Path(path_type=Path, file_okay=False), default=None, metavar="FOLDER",
    help="For a sheet of plots and a histogram of the tokens; without, only text is written.",
)  # fmt: skip
def sample_command(grammar: str, count: int, variables: int, seed: int, split: str, out: Path | None) -> None:
    """Show drawn functions: formula, tokens, and how often each token occurs."""
    from srbench_transformer.shown import of_the_workshop, ours

    if grammar == "workshop" and variables != 1:
        raise UsageError(f"--variables {variables}: functions of the workshop have one variable")
    drawn, tries, begun = [], 0, time.perf_counter()
    for function in of_the_workshop(split, seed) if grammar == "workshop" else ours(variables, split, seed):
        tries += 1
        if function is not None:
            drawn.append(function)
            if len(drawn) == count:
                break
    seconds = time.perf_counter() - begun
    for function in drawn:
        domain = ", ".join(
            f"{name} {low:.3g}:{high:.3g}" for name, (low, high) in zip("xy", function.domain, strict=False)
        )
        click.echo(f"{function.formula}\n    {domain}\n    {' '.join(function.tokens)}")
    counts = Counter(token for function in drawn for token in function.tokens)
    click.echo(f"\ntokens: {', '.join(f'{token} {number}' for token, number in counts.most_common())}")
    click.echo(f"{len(drawn)} of {tries} draws were accepted, {len(drawn) / seconds:.0f} a second")
    if out is not None:
        from srbench_transformer.figures import draw_sample

        for path in draw_sample(drawn, counts, out):
            click.echo(path)


@cli.command("likeliest")
@click.option("--draws", type=click.IntRange(1), default=100_000, metavar="N", help="For each number of variables.")
@click.option("--seed", type=click.IntRange(0), default=0, metavar="N", help="Of the draws.")
@click.option(
    "--out", type=click.Path(path_type=Path, dir_okay=False), required=True, metavar="FILE", help="For the list."
)
def likeliest_command(draws: int, seed: int, out: Path) -> None:
    """List the skeletons drawn most often. Those of this package are likeliest.txt."""
    from srbench_transformer import MOST_LIKELIEST
    from srbench_transformer.likeliest import counted

    told = f"The {MOST_LIKELIEST} skeletons that come most often among {draws:,} draws of seed {seed}"
    out.parent.mkdir(parents=True, exist_ok=True)
    lines = [f"# {told}, after the number of variables: polynomials and what has a shorter spelling left out."]
    for variables in (1, 2):
        lines += [" ".join((str(variables), *skeleton)) for skeleton in counted(variables, draws, seed)]
    out.write_text("\n".join(lines) + "\n", encoding="utf-8")
    click.echo(out)


@cli.command("train")
@click.option("--steps", type=click.IntRange(1), default=9_500, metavar="N", help="Of AdamW.")
@click.option("--width", type=click.IntRange(8), default=128, metavar="N", help="Of the model.")
@click.option("--heads", type=click.IntRange(1), default=4, metavar="N", help="Of each attention.")
@click.option("--encoder", type=click.IntRange(1), default=2, metavar="N", help="Layers that read.")
@click.option("--decoder", type=click.IntRange(1), default=4, metavar="N", help="Layers that write.")
@click.option("--batch", type=click.IntRange(1), default=256, metavar="N", help="Functions a step.")
@click.option("--watched", type=click.IntRange(4), default=512, metavar="N", help="Functions that are looked at then.")
@click.option("--rate", type=float, default=1e-3, metavar="X", help="Learning rate.")
@click.option("--seed", type=click.IntRange(0), default=0, metavar="N", help="Of weights and functions.")
@click.option("--every", type=click.IntRange(1), default=250, metavar="N", help="Steps between checkpoints.")
@click.option("--threads", type=click.IntRange(1), default=2, metavar="N", help="Of the model; one more draws.")
@click.option("--device", default="cpu", metavar="NAME", help="cpu, or cuda where there is one.")
@click.option(
    "--out", type=click.Path(path_type=Path, dir_okay=False), required=True, metavar="FILE",
    help="Of the weights; beside it stands the checkpoint, from which training goes on.",
)  # fmt: skip
def train_command(
    steps: int, width: int, heads: int, encoder: int, decoder: int, batch: int, watched: int, rate: float, seed: int,
    every: int, threads: int, device: str, out: Path,
) -> None:  # fmt: skip
    """Train a model on functions drawn without end."""
    from dataclasses import asdict

    from srbench_transformer.model import Shape
    from srbench_transformer.shipped import save_model
    from srbench_transformer.training import Course, Moment, learn

    shape = Shape(width=width, heads=heads, encoder=encoder, decoder=decoder)
    course = Course(seed=seed, steps=steps, batch=batch, rate=rate, every=every, watched=watched)
    begun = time.perf_counter()

    def advance(moment: Moment) -> None:
        click.echo(
            f"{moment.step}/{steps}: loss {moment.loss:.3f}, validation {moment.validation:.3f}, skeleton greedy "
            f"{moment.greedy:.3f}, among 32 {moment.sampled:.3f}, {moment.seconds:.0f} s"
        )

    checkpoint = out.with_suffix(".checkpoint")
    model, history = learn(
        shape, course, checkpoint, advance, threads=threads, device=device,
        seconds=lambda: time.perf_counter() - begun,
    )  # fmt: skip
    save_model(out, model.cpu(), {"course": asdict(course), "history": [asdict(moment) for moment in history]})
    click.echo(out)


@cli.command("curves")
@click.option("--weights", default="base", metavar="NAME", help="That ship, or the path of a file.")
@click.option(
    "--out", type=click.Path(path_type=Path, file_okay=False), required=True, metavar="FOLDER", help="For the picture."
)
def curves_command(weights: str, out: Path) -> None:
    """Draw how a training went: loss, and how often held-out skeletons are written."""
    from srbench_transformer.figures import draw_training
    from srbench_transformer.shipped import history_of

    for path in draw_training(history_of(weights), f"training of {weights}", out):
        click.echo(path)


@cli.command("workshop")
@click.option("--draws", type=click.IntRange(1), default=10_000_000, metavar="N", help="Formulas that are drawn.")
@click.option(
    "--longest", type=click.IntRange(0, 12), default=12, metavar="N",
    help="Functions of at most so many tokens are learned beside those of the grammar, and all are spelled as short as "
    "they can be in so many; 0 for neither. The default takes minutes and 7 GB.",
)  # fmt: skip
@click.option("--steps", type=click.IntRange(1), default=18_000, metavar="N", help="Of the transformer.")
@click.option(
    "--connected-steps", type=click.IntRange(1), default=50_000, metavar="N", help="Of the published network."
)
@click.option("--functions", type=click.IntRange(1), default=500, metavar="N", help="Test functions.")
@click.option("--seed", type=click.IntRange(0), default=0, metavar="N", help="Of everything.")
@click.option("--threads", type=click.IntRange(1), default=2, metavar="N", help="Of torch.")
@click.option(
    "--out", type=click.Path(path_type=Path, dir_okay=False), default=None, metavar="FILE",
    help="For the weights of the published network: those of the method workshop-network; beside it stands the "
    "checkpoint of the transformer, from which its training goes on.",
)  # fmt: skip
def workshop_command(
    draws: int, longest: int, steps: int, connected_steps: int, functions: int, seed: int, threads: int,
    out: Path | None,
) -> None:  # fmt: skip
    """Train on formulas without constants, test on functions that are not among them."""
    from srbench_lite import torch_threads
    from srbench_transformer.lessons import Lessons
    from srbench_transformer.model import Shape
    from srbench_transformer.shipped import save_model
    from srbench_transformer.spellings import Spellings
    from srbench_transformer.workshop import table
    from srbench_transformer.workshop_training import (
        learn_connected,
        learn_transformer,
        looked_up,
        recovery,
        written_by,
    )

    drawn = table(draws, seed)
    counts = {split: len(drawn.rows(split)) for split in ("training", "validation", "test")}
    click.echo(f"{draws} draws, {len(drawn.formulas)} functions: {counts}")
    if not counts["training"] or not counts["test"]:
        raise UsageError("there must be functions to learn from and functions to test on: raise --draws")
    spellings = Spellings(longest) if longest else None
    if spellings is not None:
        drawn = spellings.spelled(drawn)
        click.echo(f"{spellings.small.sum()} functions of at most {longest} tokens")
    lessons = Lessons(drawn, spellings)

    def say(step: int, loss: float, validation: float) -> None:
        watched = f", validation {validation:.3f}" if math.isfinite(validation) else ""
        click.echo(f"  step {step}: loss {loss:.3f}{watched}", err=True)

    with torch_threads(threads):
        transformer = learn_transformer(
            lessons, Shape(vocabulary="workshop"), steps=steps, seed=seed, say=say,
            checkpoint=None if out is None else out.with_suffix(".checkpoint"),
        )  # fmt: skip
        connected = learn_connected(lessons, steps=connected_steps, seed=seed, say=say)
        found = [
            recovery(drawn, "test", written_by(transformer), functions, seed),
            recovery(drawn, "test", connected.write, functions, seed),
            looked_up(drawn, "test", functions, seed),
        ]
    click.echo("| model | parameters | greedy | best of 64 |\n|---|---|---|---|")
    sizes = [*(f"{sum(p.numel() for p in module.parameters()):,}" for module in (transformer, connected)), "-"]
    names = ("transformer", "fully connected, as published", "nearest training function")
    for name, size, each in zip(names, sizes, found, strict=True):
        click.echo(f"| {name} | {size} | {each.greedy:.1%} | {each.sampled:.1%} |")
    if out is not None:
        save_model(out, connected, {"draws": draws, "longest": longest, "steps": connected_steps, "seed": seed})
        click.echo(out)


def main() -> None:
    """Run the command line and end the process with its exit code."""
    run(cli, "srbench-transformer")
