"""The command line `srbench-transformer`: the functions that the generator draws, and the training of the models."""

from __future__ import annotations

import math
import time
from collections import Counter
from pathlib import Path

import click
from srbench_weight_decoder import run_command_line

from srbench_lite import UsageError

__all__ = ["cli", "main"]

_EPILOG = """\b
Exit codes:
  0    done
  1    something went wrong that is not your input
  2    wrong usage or bad input
  130  interrupted; a training with --out goes on with the same command"""


@click.group(epilog=_EPILOG, context_settings={"help_option_names": ["-h", "--help"], "show_default": True})
def cli() -> None:
    """Look at what the method transformer learns from, and train its models.

    \b
    Examples:
      srbench-transformer sample --count 5
      srbench-transformer curves --out figures
      srbench-transformer train --out mine.safetensors
    """


@cli.command("sample", short_help="Show functions that the generator draws.")
@click.option("--count", type=click.IntRange(1), default=20, metavar="N", help="Number of functions.")
@click.option(
    "--grammar", type=click.Choice(("own", "workshop")), default="own",
    help="own: the grammar that transformer learns, with constants; workshop: that of workshop-network, formulas of "
    "+ - *, abs, sin, tan, exp and x without constants.",
)  # fmt: skip
@click.option(
    "--variables", type=click.IntRange(1, 2), default=1, metavar="N",
    help="Variables of each function; functions of the workshop have one.",
)  # fmt: skip
@click.option("--seed", type=click.IntRange(0), default=0, metavar="N", help="Seed of the draws.")
@click.option(
    "--split", type=click.Choice(("training", "validation", "held-out")), default="training",
    help="Split that the skeletons of the functions belong to; with --grammar workshop, the functions themselves.",
)  # fmt: skip
@click.option(
    "--out", type=click.Path(path_type=Path, file_okay=False), default=None, metavar="FOLDER",
    help="Write plots of the functions and a histogram of their tokens here. Without it, only text is printed.",
)  # fmt: skip
def sample_command(grammar: str, count: int, variables: int, seed: int, split: str, out: Path | None) -> None:
    """Show functions that the generator draws: formula, domain and tokens, and how often each token occurs.

    \b
    Examples:
      srbench-transformer sample --count 24 --variables 2 --out functions
      srbench-transformer sample --grammar workshop --split held-out
    """
    from srbench_transformer.drawn_examples import baseline_examples, generator_examples

    if grammar == "workshop" and variables != 1:
        raise UsageError(f"--variables {variables}: functions of the workshop have one variable; leave it out")
    examples = baseline_examples(split, seed) if grammar == "workshop" else generator_examples(variables, split, seed)
    drawn, tries, begun = [], 0, time.perf_counter()
    for example in examples:
        tries += 1
        if example is not None:
            drawn.append(example)
            if len(drawn) == count:
                break
    seconds = time.perf_counter() - begun
    for example in drawn:
        domain = ", ".join(
            f"{name} {low:.3g}:{high:.3g}" for name, (low, high) in zip("xy", example.domain, strict=False)
        )
        click.echo(f"{example.formula}\n    {domain}\n    {' '.join(example.tokens)}")
    counts = Counter(token for example in drawn for token in example.tokens)
    click.echo(f"\ntokens: {', '.join(f'{token} {number}' for token, number in counts.most_common())}")
    click.echo(f"{len(drawn)} of {tries} draws were accepted, {len(drawn) / seconds:.0f} a second")
    if out is not None:
        from srbench_transformer.figures import draw_sample

        for path in draw_sample(drawn, counts, out):
            click.echo(path)


@cli.command("likeliest", short_help="List the skeletons that the generator draws most often.")
@click.option(
    "--draws", type=click.IntRange(1), default=100_000, metavar="N",
    help="Number of draws, for one variable and again for two.",
)  # fmt: skip
@click.option("--seed", type=click.IntRange(0), default=0, metavar="N", help="Seed of the draws.")
@click.option(
    "--out", type=click.Path(path_type=Path, dir_okay=False), required=True, metavar="FILE", help="File of the list."
)
def likeliest_command(draws: int, seed: int, out: Path) -> None:
    """List the skeletons that the generator draws most often.

    The method transformer tries those of the list that ships, most_frequent.txt, before others where the data are
    noisy. The default options make that list again.
    """
    from srbench_lite import write_text
    from srbench_transformer import MAX_FREQUENT_SKELETONS
    from srbench_transformer.most_frequent import count_skeletons

    heading = f"The {MAX_FREQUENT_SKELETONS} skeletons that come most often among {draws:,} draws of seed {seed}"
    out.parent.mkdir(parents=True, exist_ok=True)
    lines = [f"# {heading}, after the number of variables: polynomials and what has a shorter spelling left out."]
    for variables in (1, 2):
        lines += [" ".join((str(variables), *skeleton)) for skeleton in count_skeletons(variables, draws, seed)]
    write_text(out, "\n".join(lines) + "\n")
    click.echo(out)


@cli.command("train", short_help="Train a model for the method transformer.")
@click.option("--steps", type=click.IntRange(1), default=9_500, metavar="N", help="Steps of AdamW.")
@click.option(
    "--width", type=click.IntRange(8), default=128, metavar="N", help="Width of the model; a multiple of --heads."
)
@click.option("--heads", type=click.IntRange(1), default=4, metavar="N", help="Heads of each attention.")
@click.option("--encoder", type=click.IntRange(1), default=2, metavar="N", help="Layers that read the points.")
@click.option("--decoder", type=click.IntRange(1), default=4, metavar="N", help="Layers that write the skeleton.")
@click.option("--batch", type=click.IntRange(1), default=256, metavar="N", help="Functions in a step.")
@click.option(
    "--watched", type=click.IntRange(4), default=512, metavar="N",
    help="Functions of the validation split on which each checkpoint is scored.",
)  # fmt: skip
@click.option("--rate", type=float, default=1e-3, metavar="X", help="Largest learning rate.")
@click.option("--seed", type=click.IntRange(0), default=0, metavar="N", help="Seed of the weights and the functions.")
@click.option("--every", type=click.IntRange(1), default=250, metavar="N", help="Steps between checkpoints.")
@click.option(
    "--threads", type=click.IntRange(1), default=2, metavar="N",
    help="Threads of the model; another process draws the functions.",
)  # fmt: skip
@click.option("--device", default="cpu", metavar="NAME", help="cpu, or cuda where there is a GPU.")
@click.option(
    "--out", type=click.Path(path_type=Path, dir_okay=False), required=True, metavar="FILE",
    help="File of the weights. The checkpoint stands beside it, with the ending .checkpoint.",
)  # fmt: skip
def train_command(
    steps: int, width: int, heads: int, encoder: int, decoder: int, batch: int, watched: int, rate: float, seed: int,
    every: int, threads: int, device: str, out: Path,
) -> None:  # fmt: skip
    """Train a model for the method transformer, on functions that are drawn without end.

    A training that was interrupted goes on from its checkpoint when the same command is given again.

    \b
    Examples:
      srbench-transformer train --out mine.safetensors
      srbench run -m transformer -s sin \\
        --set transformer.weights=mine.safetensors
    """
    from dataclasses import asdict

    from srbench_transformer.model import Shape
    from srbench_transformer.shipped import save_model
    from srbench_transformer.training import TrainingConfig, TrainingLogEntry, train

    shape = Shape(width=width, heads=heads, encoder=encoder, decoder=decoder)
    config = TrainingConfig(seed=seed, steps=steps, batch=batch, rate=rate, every=every, watched=watched)
    begun = time.perf_counter()

    def log(entry: TrainingLogEntry) -> None:
        click.echo(
            f"{entry.step}/{steps}: loss {entry.loss:.3f}, validation {entry.validation:.3f}, skeleton greedy "
            f"{entry.greedy:.3f}, among 32 {entry.sampled:.3f}, {entry.seconds:.0f} s"
        )

    model, history = train(
        shape, config, out.with_suffix(".checkpoint"), log, threads=threads, device=device,
        seconds=lambda: time.perf_counter() - begun,
    )  # fmt: skip
    save_model(out, model.cpu(), {"course": asdict(config), "history": [asdict(entry) for entry in history]})
    click.echo(out)


@cli.command("train-diffusion", short_help="Train a denoiser for the method diffusion.")
@click.option("--steps", type=click.IntRange(1), default=7_000, metavar="N", help="Steps of AdamW.")
@click.option("--layers", type=click.IntRange(1), default=3, metavar="N", help="Layers of the denoiser.")
@click.option("--batch", type=click.IntRange(1, 4_096), default=256, metavar="N", help="Functions in each step.")
@click.option(
    "--chunks", type=click.IntRange(1), default=64, metavar="N",
    help="Chunks of functions that are drawn and read once, and looked at again and again: 25 MB each.",
)  # fmt: skip
@click.option("--chunk", type=click.IntRange(1), default=4_096, metavar="N", help="Functions of a chunk.")
@click.option("--rate", type=click.FloatRange(0, min_open=True), default=1e-3, metavar="RATE", help="Learning rate.")
@click.option("--seed", type=click.IntRange(0), default=4, metavar="N", help="Seed of the weights and of all draws.")
@click.option("--every", type=click.IntRange(1), default=250, metavar="N", help="Steps between checkpoints.")
@click.option("--threads", type=click.IntRange(1), default=1, metavar="N", help="Threads of torch.")
@click.option(
    "--reader", default="base", metavar="NAME", help="Model whose encoder reads: a name, or a file of weights."
)
@click.option(
    "--out", type=click.Path(path_type=Path, dir_okay=False), required=True, metavar="FILE",
    help="File of the weights. The checkpoint stands beside it, with the ending .checkpoint, and the functions in a "
    "folder with the ending .pool.",
)  # fmt: skip
def train_diffusion_command(
    steps: int, layers: int, batch: int, chunks: int, chunk: int, rate: float, seed: int, every: int, threads: int,
    reader: str, out: Path,
) -> None:  # fmt: skip
    """Train a denoiser for the method diffusion, on what the encoder of a model makes of drawn functions.

    The encoder does not learn. A training that was interrupted goes on from its checkpoint when the same command is
    given again.

    \b
    Examples:
      srbench-transformer train-diffusion --out mine.safetensors
      srbench run -m diffusion -s sin --set diffusion.weights=mine.safetensors
    """
    from dataclasses import asdict

    from srbench_transformer.denoiser import DenoiserShape
    from srbench_transformer.diffusion_training import DiffusionConfig, DiffusionLogEntry, train_denoiser
    from srbench_transformer.shipped import load_model, save_model

    of_reader = load_model(reader).shape
    shape = DenoiserShape(width=of_reader.width, heads=of_reader.heads, layers=layers, inner=of_reader.inner)
    config = DiffusionConfig(
        seed=seed, reader=reader, steps=steps, batch=batch, rate=rate, chunks=chunks, chunk=chunk, every=every
    )
    begun = time.perf_counter()

    def log(entry: DiffusionLogEntry) -> None:
        click.echo(
            f"{entry.step}/{steps}: loss {entry.loss:.3f}, validation {entry.validation:.3f}, {entry.seconds:.0f} s"
        )

    denoiser, history = train_denoiser(
        shape, config, out.with_suffix(".checkpoint"), log, threads=threads, seconds=lambda: time.perf_counter() - begun
    )
    save_model(out, denoiser, {"course": asdict(config), "history": [asdict(entry) for entry in history]})
    click.echo(out)


@cli.command("curves", short_help="Draw how the training of a model went.")
@click.option(
    "--weights", default="base", metavar="NAME", help="A model that ships, by name, or the path of a file of weights."
)
@click.option(
    "--out", type=click.Path(path_type=Path, file_okay=False), required=True, metavar="FOLDER",
    help="Folder of the figure, as PNG and SVG.",
)  # fmt: skip
def curves_command(weights: str, out: Path) -> None:
    """Draw how the training of a model went: the losses, and how often it wrote skeletons of the validation split."""
    from srbench_transformer.figures import draw_training
    from srbench_transformer.shipped import history_of

    for path in draw_training(history_of(weights), f"training of {weights}", out):
        click.echo(path)


@cli.command("workshop", short_help="Train and compare models that write formulas without constants.")
@click.option("--draws", type=click.IntRange(1), default=10_000_000, metavar="N", help="Formulas that are drawn.")
@click.option(
    "--longest", type=click.IntRange(0, 12), default=12, metavar="N",
    help="Enumerate all functions of at most N tokens: they are learned besides those that are drawn, and every "
    "function gets its shortest spelling. 0 enumerates none; 12 takes minutes and 7 GB.",
)  # fmt: skip
@click.option("--steps", type=click.IntRange(1), default=18_000, metavar="N", help="Steps of the transformer.")
@click.option(
    "--connected-steps", type=click.IntRange(1), default=50_000, metavar="N",
    help="Steps of the fully connected network.",
)  # fmt: skip
@click.option("--functions", type=click.IntRange(1), default=500, metavar="N", help="Functions that are tested.")
@click.option("--seed", type=click.IntRange(0), default=0, metavar="N", help="Seed of everything.")
@click.option("--threads", type=click.IntRange(1), default=2, metavar="N", help="Threads of torch.")
@click.option(
    "--out", type=click.Path(path_type=Path, dir_okay=False), default=None, metavar="FILE",
    help="File of the weights of the fully connected network, for the method workshop-network. The checkpoint of the "
    "transformer stands beside it, with the ending .checkpoint.",
)  # fmt: skip
def workshop_command(
    draws: int, longest: int, steps: int, connected_steps: int, functions: int, seed: int, threads: int,
    out: Path | None,
) -> None:  # fmt: skip
    """Train two models that write formulas without constants, and compare them.

    One is the transformer, the other the fully connected network that a workshop of 2025 published. Both are tested
    on functions that neither has learned from, beside a third that takes the nearest function of the training split.
    The training of the transformer goes on from its checkpoint when the same command is given again.

    \b
    Examples:
      srbench-transformer workshop --draws 100000 --longest 8 --steps 500
    """
    from srbench_lite import torch_threads
    from srbench_transformer.baseline_grammar import draw_table
    from srbench_transformer.baseline_training import (
        recovery,
        recovery_by_lookup,
        train_baseline_network,
        train_transformer,
        writer_of,
    )
    from srbench_transformer.model import Shape
    from srbench_transformer.shipped import save_model
    from srbench_transformer.spellings import Spellings
    from srbench_transformer.training_examples import TrainingExamples

    table = draw_table(draws, seed)
    counts = {split: len(table.rows(split)) for split in ("training", "validation", "test")}
    by_split = ", ".join(f"{number} for {split}" for split, number in counts.items())
    click.echo(f"{draws} draws brought {len(table.formulas)} functions: {by_split}")
    if not counts["training"] or not counts["test"]:
        raise UsageError(
            f"--draws {draws} brings no functions to learn from or none to test on: raise --draws to some thousands"
        )
    spellings = Spellings(longest) if longest else None
    if spellings is not None:
        table = spellings.respell(table)
        click.echo(f"{spellings.small.sum()} functions have at most {longest} tokens")
    examples = TrainingExamples(table, spellings)

    def log(step: int, loss: float, validation: float) -> None:
        on_validation = f", validation {validation:.3f}" if math.isfinite(validation) else ""
        click.echo(f"  step {step}: loss {loss:.3f}{on_validation}", err=True)

    with torch_threads(threads):
        transformer = train_transformer(
            examples, Shape(vocabulary="workshop"), steps=steps, seed=seed, log=log,
            checkpoint=None if out is None else out.with_suffix(".checkpoint"),
        )  # fmt: skip
        network = train_baseline_network(examples, steps=connected_steps, seed=seed, log=log)
        recoveries = {
            "transformer": recovery(table, "test", writer_of(transformer), functions, seed),
            "fully connected, as published": recovery(table, "test", network.write, functions, seed),
            "nearest training function": recovery_by_lookup(table, "test", functions, seed),
        }
    sizes = [*(f"{sum(p.numel() for p in module.parameters()):,}" for module in (transformer, network)), "-"]
    click.echo("| model | parameters | greedy | best of 64 |\n|---|---|---|---|")
    for (name, each), size in zip(recoveries.items(), sizes, strict=True):
        click.echo(f"| {name} | {size} | {each.greedy:.1%} | {each.sampled:.1%} |")
    if out is not None:
        save_model(out, network, {"draws": draws, "longest": longest, "steps": connected_steps, "seed": seed})
        click.echo(out)


def main() -> None:
    """Run the command line and end the process with its exit code."""
    run_command_line(cli, "srbench-transformer")
