"""The command line `srbench-weights`: starts, corpora, readers, and how well they read."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from srbench_lite import UsageError
from srbench_weight_decoder.commands import run

__all__ = ["cli", "main"]

_ARCHITECTURES = ("sigmoid-128", "tanh-152", "tanh-128", "relu-128")
_FAMILIES = ("poly2", "poly4")


@click.group(context_settings={"help_option_names": ["-h", "--help"], "show_default": True})
def cli() -> None:
    """Make what the method weight-decoder ships: corpora of trained networks, and readers of their weights.

    \b
    Exit codes: 0 done, 1 something went wrong, 2 wrong usage or bad input,
    130 interrupted; what was finished is kept, the same command goes on.
    """


def _architecture(function: Callable[..., Any]) -> Callable[..., Any]:
    return click.option(
        "--architecture", type=click.Choice(_ARCHITECTURES), default="tanh-152",
        help="Of the networks; the last two are controls that cannot hold a quadratic.",
    )(function)  # fmt: skip


@cli.command("corpus")
@_architecture
@click.option("--networks", type=click.IntRange(1), default=100_000, metavar="N", help="How many.")
@click.option("--family", type=click.Choice(_FAMILIES), default="poly2", help="Of the polynomials.")
@click.option(
    "--split", type=click.Choice(("training", "validation", "held-out")), default="training",
    help="No polynomial stands in two of them.",
)  # fmt: skip
@click.option(
    "--init", type=click.Choice(("shared", "plain", "independent")), default="shared",
    help="The stored start, one of Glorot's for all, or one of Glorot's for each network.",
)  # fmt: skip
@click.option("--seed", type=click.IntRange(0), default=0, metavar="N", help="Draws the polynomials.")
@click.option("--points", type=click.IntRange(3), default=24, metavar="N", help="Chebyshev points on [-1, 1].")
@click.option("--adam-steps", type=click.IntRange(0), default=0, metavar="N", help="Full-batch steps of Adam.")
@click.option("--learning-rate", type=float, default=0.01, metavar="X", help="Of Adam, at its start.")
@click.option("--polish-steps", type=click.IntRange(0), default=40, metavar="N", help="Of Levenberg-Marquardt.")
@click.option("--precision", type=click.Choice(("float64", "float32")), default="float64", help="Of the training.")
@click.option("--jobs", type=click.IntRange(1), default=2, metavar="N", help="Processes, of one thread each.")
@click.option(
    "--out", type=click.Path(path_type=Path), required=True, metavar="FOLDER",
    help="Of the corpus; where it is begun already, what is missing is made.",
)  # fmt: skip
def corpus_command(out: Path, jobs: int, **asked: Any) -> None:
    """Train thousands of small networks on polynomials and keep their weights."""
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    from srbench_weight_decoder.corpus import Settings, generate, load
    from srbench_weight_decoder.shipped import load_start
    from srbench_weight_decoder.training import Recipe

    recipe = Recipe(**{name: asked.pop(name) for name in ("points", "adam_steps", "learning_rate", "polish_steps")})
    settings = Settings(recipe=recipe, **asked)
    columns = (
        TextColumn("networks"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        TextColumn("{task.fields[rate]}"),
    )
    with Progress(*columns, console=_console()) as bar:
        task = bar.add_task("", total=settings.networks, rate="")
        now = 0

        def advance(count: int, seconds: float) -> None:
            nonlocal now
            now += count if seconds else 0
            bar.update(task, advance=count, rate=f"{now / seconds:.0f}/s" if now else "")

        generate(settings, load_start(settings.architecture), out, jobs=jobs, advance=advance)
    made = load(out)
    click.echo(
        f"{out}: {settings.networks} networks {settings.architecture}; training MSE {float(made.mse.median()):.1e} "
        f"(median), {float(made.mse.quantile(0.99)):.1e} (99 %)"
    )


@cli.command("train")
@click.argument("corpora", nargs=-1, required=True, type=click.Path(path_type=Path, exists=True, file_okay=False))
@click.option(
    "--validation", type=click.Path(path_type=Path, exists=True, file_okay=False), required=True, metavar="FOLDER",
    help="A corpus of the split validation, scored along the way.",
)  # fmt: skip
@click.option("--reading", type=click.Choice(("weights", "probe")), default="probe", help="What the reader sees.")
@click.option(
    "--memory", type=click.Choice(("neurons", "mlp")), default="neurons", help="A token a neuron, or 128 to 512."
)
@click.option("--positions/--no-positions", default=True, help="A token embedding a neuron, or only a layer.")
@click.option("--head/--no-head", default=True, help="The coefficient head.")
@click.option("--permute", is_flag=True, help="Put each network's hidden units in a new order whenever it is seen.")
@click.option("--steps", type=click.IntRange(1), default=1000, metavar="N", help="Of the decoder.")
@click.option("--head-steps", type=click.IntRange(1), default=1500, metavar="N", help="Of the coefficient head.")
@click.option("--seed", type=click.IntRange(0), default=0, metavar="N", help="Of weights and batches.")
@click.option("--every", type=click.IntRange(1), default=250, metavar="N", help="Steps between checkpoints.")
@click.option(
    "--out", type=click.Path(path_type=Path), required=True, metavar="FOLDER",
    help="Of the reader and its checkpoint; where that is there, training goes on from it.",
)  # fmt: skip
def train_command(
    corpora: tuple[Path, ...], validation: Path, reading: str, memory: str, positions: bool, head: bool, permute: bool,
    steps: int, head_steps: int, seed: int, every: int, out: Path,
) -> None:  # fmt: skip
    """Train a reader on CORPORA of one architecture and one family."""
    from dataclasses import asdict

    import torch

    from srbench_weight_decoder.corpus import load
    from srbench_weight_decoder.learning import Course, Examples, Moment, learn
    from srbench_weight_decoder.polynomials import family
    from srbench_weight_decoder.reader import ReaderShape
    from srbench_weight_decoder.shipped import reader_name, save_reader

    torch.set_num_threads(1)  # the same sums whatever the machine
    read = [load(folder) for folder in corpora]
    watched = load(validation)
    first = read[0].settings
    for folder, other in zip((*corpora, validation), (*read, watched), strict=True):
        if (other.settings.architecture, other.settings.family) != (first.architecture, first.family):
            raise UsageError(
                f"{folder} is of {other.settings.architecture} and {other.settings.family}, "
                f"{corpora[0]} of {first.architecture} and {first.family}; a reader reads one kind"
            )
    drawn_from = family(first.family)
    built = ReaderShape(
        architecture=first.architecture, family=first.family, reading=reading, memory=memory, positions=positions,
        head=head,
    )  # fmt: skip
    course = Course(steps=steps, head_steps=head_steps, seed=seed, permute=permute, every=every)

    def advance(moment: Moment) -> None:
        exact = f", exact {moment.exact:.3f}" if moment.exact is not None else ""
        click.echo(f"{moment.stage} {moment.step}/{moment.steps}: loss {moment.loss:.3g}{exact}")

    out.mkdir(parents=True, exist_ok=True)
    checkpoint = out / f"{reader_name(built).removesuffix('.safetensors')}.checkpoint"
    examples = Examples.of(drawn_from, read), Examples.of(drawn_from, [watched])
    reader, history = learn(built, course, *examples, checkpoint, advance)
    about = {"course": asdict(course), "history": [asdict(moment) for moment in history]}
    click.echo(save_reader(out, reader, about))


@cli.command("evaluate")
@click.argument("corpus", type=click.Path(path_type=Path, exists=True, file_okay=False))
@click.option(
    "--weights", type=click.Path(path_type=Path, exists=True, file_okay=False), default=None, metavar="FOLDER",
    help="Of the readers; without, those that ship.",
)  # fmt: skip
def evaluate_command(corpus: Path, weights: Path | None) -> None:
    """Score every reading, and least squares, on the networks of CORPUS."""
    import torch

    from srbench_weight_decoder.build import scored
    from srbench_weight_decoder.corpus import load
    from srbench_weight_decoder.shipped import WEIGHTS

    torch.set_num_threads(1)
    held = load(corpus)
    scores = scored(held, weights or WEIGHTS)
    click.echo(f"{corpus}: {len(held.weights)} networks {held.settings.architecture}")
    click.echo(f"{'reading':24} structure  exact    MAE     exact by decimals")
    for name, found in scores.items():
        by = "  ".join(f"{decimals}: {share:.4f}" for decimals, share in found.exact_by_decimals.items())
        click.echo(f"{name:24} {found.structure:8.4f} {found.exact:7.4f} {found.mae:8.5f}  {by}")


@cli.command("build")
@click.option(
    "--out", type=click.Path(path_type=Path), default=None, metavar="FOLDER",
    help="Of the weights; without, those of the package are replaced.",
)  # fmt: skip
@click.option(
    "--work", type=click.Path(path_type=Path), default=Path("corpora"), metavar="FOLDER",
    help="Of corpora and checkpoints; a build that was killed goes on from what is there.",
)  # fmt: skip
@click.option("--networks", type=click.IntRange(1), default=100_000, metavar="N", help="In each training corpus.")
@click.option("--steps", type=click.IntRange(1), default=2000, metavar="N", help="Of each decoder.")
@click.option("--jobs", type=click.IntRange(1), default=2, metavar="N", help="Processes, of one thread each.")
def build_command(out: Path | None, work: Path, networks: int, steps: int, jobs: int) -> None:
    """Make everything that ships, from nothing: about an hour on two cores."""
    from srbench_weight_decoder.build import CARD, Plan, build
    from srbench_weight_decoder.shipped import WEIGHTS

    folder = out or WEIGHTS
    build(Plan(networks=networks, steps=steps), folder, work, jobs=jobs, say=click.echo)
    click.echo(folder / CARD)


@cli.command("ablate")
@click.option(
    "--work", type=click.Path(path_type=Path), default=Path("corpora"), metavar="FOLDER",
    help="Of corpora and checkpoints; what is there already is used.",
)  # fmt: skip
@click.option("--jobs", type=click.IntRange(1), default=2, metavar="N", help="Processes, of one thread each.")
def ablate_command(work: Path, jobs: int) -> None:
    """Train readers alike but for one thing, on 20,000 networks each, and score them on 1,000."""
    from srbench_weight_decoder.ablations import Outcome, ablate
    from srbench_weight_decoder.shipped import WEIGHTS

    click.echo(
        "| row | structure | exact | exact with a square or constant | mean absolute error |\n|---|---|---|---|---|"
    )

    def say(name: str, found: Outcome) -> None:
        whole = found.whole
        click.echo(f"| {name} | {whole.structure:.1%} | {whole.exact:.1%} | {found.even.exact:.1%} | {whole.mae:.4f} |")

    ablate(work, WEIGHTS, jobs=jobs, say=say)


@cli.command("figures")
@click.argument("corpus", type=click.Path(path_type=Path, exists=True, file_okay=False))
@click.option(
    "--weights", type=click.Path(path_type=Path, exists=True, file_okay=False), default=None, metavar="FOLDER",
    help="Of the readers; without, those that ship.",
)  # fmt: skip
@click.option(
    "--out", type=click.Path(path_type=Path), default=Path("figures"), metavar="FOLDER", help="Of the figures."
)
def figures_command(corpus: Path, weights: Path | None, out: Path) -> None:
    """Draw the readings of CORPUS: best, median and worst curves, training, accuracy by place and length."""
    import torch

    from srbench_weight_decoder.corpus import load
    from srbench_weight_decoder.figures import draw
    from srbench_weight_decoder.shipped import WEIGHTS

    torch.set_num_threads(1)
    for path in draw(load(corpus), weights or WEIGHTS, out):
        click.echo(path)


@cli.command("rate")
@_architecture
@click.option("--networks", type=click.IntRange(1), default=8, metavar="N", help="Trained one at a time.")
@click.option("--epochs", type=click.IntRange(1), default=1000, metavar="N", help="Of each of those.")
def rate_command(architecture: str, networks: int, epochs: int) -> None:
    """Compare, on one core, a corpus's training with the published one: one at a time, 5,000 points, Adam."""
    import torch

    from srbench_weight_decoder.rate import at_once, one_at_a_time
    from srbench_weight_decoder.shipped import load_start

    torch.set_num_threads(1)
    ours, theirs = at_once(architecture, load_start(architecture)), one_at_a_time(architecture, networks, epochs)
    for name, found in (("all at once", ours), ("one at a time", theirs)):
        click.echo(
            f"{name:14} {found.per_second:8.2f} networks/s  median training MSE {found.median_mse:.1e}  "
            f"({found.networks} networks)"
        )
    click.echo(f"ratio          {ours.per_second / theirs.per_second:8.0f}")


def _console() -> Any:
    from rich.console import Console

    return Console(stderr=True)


def main() -> None:
    """Run the command line and end the process with its exit code."""
    run(cli, "srbench-weights")
