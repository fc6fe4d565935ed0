"""The command line `srbench-weights`: starts, corpora, readers, and how well they read."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import click

from srbench_lite import UsageError
from srbench_weight_decoder.command_line import run_command_line

__all__ = ["cli", "main"]

_ARCHITECTURES: Final = ("sigmoid-128", "tanh-152", "tanh-128", "relu-128")
_FAMILIES: Final = ("poly2", "poly4")
_EPILOG: Final = """\b
Exit codes:
  0    done
  1    something went wrong that is not your input
  2    wrong usage or bad input
  130  interrupted; what was finished is kept, and the same command goes on"""


@click.group(epilog=_EPILOG, context_settings={"help_option_names": ["-h", "--help"], "show_default": True})
def cli() -> None:
    """Make what the method weight-decoder ships: corpora of trained networks, and readers of their weights.

    \b
    Examples:
      srbench-weights corpus --networks 10000 --seed 1 --out mine
      srbench-weights corpus --networks 1000 --split validation --out watched
      srbench-weights train mine --validation watched --out readers
      srbench-weights build
    """


def _architecture_option(function: Callable[..., Any]) -> Callable[..., Any]:
    return click.option(
        "--architecture", type=click.Choice(_ARCHITECTURES), default="tanh-152",
        help="Architecture of the networks. The last two are controls: they cannot hold a quadratic.",
    )(function)  # fmt: skip


def _jobs_option(function: Callable[..., Any]) -> Callable[..., Any]:
    return click.option(
        "--jobs", type=click.IntRange(1), default=2, metavar="N", help="Number of processes, of one thread each."
    )(function)


def _work_option(function: Callable[..., Any]) -> Callable[..., Any]:
    return click.option(
        "--work", type=click.Path(path_type=Path), default=Path("corpora"), metavar="FOLDER",
        help="Folder of the corpora and checkpoints. What is there already is used.",
    )(function)  # fmt: skip


def _readers_option(function: Callable[..., Any]) -> Callable[..., Any]:
    return click.option(
        "--weights", type=click.Path(path_type=Path, exists=True, file_okay=False), default=None, metavar="FOLDER",
        help="Folder of the readers. Without it, those that ship with the package.",
    )(function)  # fmt: skip


@cli.command("corpus", short_help="Train thousands of small networks and keep their weights.")
@_architecture_option
@click.option("--networks", type=click.IntRange(1), default=100_000, metavar="N", help="Number of networks.")
@click.option(
    "--family", type=click.Choice(_FAMILIES), default="poly2",
    help="Polynomials that are drawn: poly2 of degree 2 with two decimals, poly4 of degree 4 with one.",
)  # fmt: skip
@click.option(
    "--split", type=click.Choice(("training", "validation", "held-out")), default="training",
    help="Split of the polynomials. No polynomial belongs to two.",
)  # fmt: skip
@click.option(
    "--init", type=click.Choice(("shared", "plain", "independent")), default="shared",
    help="Where the networks start. shared: the stored start; plain: one of Glorot's starts for all; independent: one "
    "of Glorot's for each.",
)  # fmt: skip
@click.option("--seed", type=click.IntRange(0), default=0, metavar="N", help="Seed of the polynomials.")
@click.option(
    "--points", type=click.IntRange(3), default=24, metavar="N", help="Training points: Chebyshev points on [-1, 1]."
)
@click.option("--adam-steps", type=click.IntRange(0), default=0, metavar="N", help="Full-batch steps of Adam.")
@click.option("--learning-rate", type=float, default=0.01, metavar="X", help="Learning rate of Adam at its start.")
@click.option(
    "--polish-steps", type=click.IntRange(0), default=40, metavar="N", help="Steps of Levenberg-Marquardt after Adam."
)
@click.option(
    "--precision", type=click.Choice(("float64", "float32")), default="float64", help="Numbers of the training."
)
@_jobs_option
@click.option(
    "--out", type=click.Path(path_type=Path), required=True, metavar="FOLDER",
    help="Folder of the corpus. Where a corpus of the same settings is begun there, the rest is made.",
)  # fmt: skip
def corpus_command(out: Path, jobs: int, **options: Any) -> None:
    """Train thousands of small networks on random polynomials and keep their weights.

    \b
    Examples:
      srbench-weights corpus --networks 100000 --seed 1 --out mine
      srbench-weights corpus --networks 5000 --split held-out --out held-out
    """
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    from srbench_weight_decoder.corpus import Settings, generate, load
    from srbench_weight_decoder.network_training import Recipe
    from srbench_weight_decoder.shipped import load_start

    recipe = Recipe(**{name: options.pop(name) for name in ("points", "adam_steps", "learning_rate", "polish_steps")})
    settings = Settings(recipe=recipe, **options)
    columns = (
        TextColumn("networks"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn(),
        TextColumn("{task.fields[rate]}"),
    )  # fmt: skip
    with Progress(*columns, console=Console(stderr=True)) as bar:
        task = bar.add_task("", total=settings.networks, rate="")
        trained = 0

        def advance(count: int, seconds: float) -> None:
            nonlocal trained
            trained += count if seconds else 0
            bar.update(task, advance=count, rate=f"{trained / seconds:.0f}/s" if trained else "")

        generate(settings, load_start(settings.architecture), out, jobs=jobs, advance=advance)
    corpus = load(out)
    click.echo(
        f"{out}: {settings.networks} networks {settings.architecture}; training MSE {float(corpus.mse.median()):.1e} "
        f"(median), {float(corpus.mse.quantile(0.99)):.1e} (99 %)"
    )


@cli.command("train", short_help="Train a reader on corpora.")
@click.argument("corpora", nargs=-1, required=True, type=click.Path(path_type=Path, exists=True, file_okay=False))
@click.option(
    "--validation", type=click.Path(path_type=Path, exists=True, file_okay=False), required=True, metavar="FOLDER",
    help="A corpus of the validation split, on which the reader is scored along the way.",
)  # fmt: skip
@click.option(
    "--reading", type=click.Choice(("weights", "probe")), default="probe",
    help="What the reader sees. weights: the weights; probe: also the network's values at learned inputs.",
)  # fmt: skip
@click.option(
    "--memory", type=click.Choice(("neurons", "mlp")), default="neurons",
    help="How it sees weights. neurons: a token a neuron; mlp: the published expansion of 128 numbers to 512.",
)  # fmt: skip
@click.option(
    "--positions/--no-positions", default=True, help="Give each neuron an embedding of its own, or only its layer one."
)
@click.option("--head/--no-head", default=True, help="Use the head that estimates the coefficients, or do without.")
@click.option("--permute", is_flag=True, help="Put the hidden units of a network in a new order whenever it is seen.")
@click.option("--steps", type=click.IntRange(1), default=1000, metavar="N", help="Steps of the decoder.")
@click.option("--head-steps", type=click.IntRange(1), default=1500, metavar="N", help="Steps of the coefficient head.")
@click.option("--seed", type=click.IntRange(0), default=0, metavar="N", help="Seed of the weights and the batches.")
@click.option("--every", type=click.IntRange(1), default=250, metavar="N", help="Steps between checkpoints.")
@click.option(
    "--out", type=click.Path(path_type=Path), required=True, metavar="FOLDER",
    help="Folder of the reader and its checkpoint. Where the checkpoint is there, training goes on from it.",
)  # fmt: skip
def train_command(
    corpora: tuple[Path, ...], validation: Path, reading: str, memory: str, positions: bool, head: bool, permute: bool,
    steps: int, head_steps: int, seed: int, every: int, out: Path,
) -> None:  # fmt: skip
    """Train a reader on CORPORA: folders of one architecture and one family of polynomials.

    \b
    Examples:
      srbench-weights train mine --validation watched --out readers
    """
    from dataclasses import asdict

    import torch

    from srbench_weight_decoder.corpus import load
    from srbench_weight_decoder.polynomials import family
    from srbench_weight_decoder.reader import ReaderShape
    from srbench_weight_decoder.reader_training import Examples, TrainingConfig, TrainingLogEntry, train_reader
    from srbench_weight_decoder.shipped import reader_name, save_reader

    torch.set_num_threads(1)  # the same sums whatever the machine
    training_corpora = [load(folder) for folder in corpora]
    validation_corpus = load(validation)
    first = training_corpora[0].settings
    for folder, other in zip((*corpora, validation), (*training_corpora, validation_corpus), strict=True):
        if (other.settings.architecture, other.settings.family) != (first.architecture, first.family):
            raise UsageError(
                f"{folder} is of {other.settings.architecture} and {other.settings.family}, "
                f"{corpora[0]} of {first.architecture} and {first.family}; a reader reads one kind"
            )
    polynomials = family(first.family)
    shape = ReaderShape(
        architecture=first.architecture, family=first.family, reading=reading, memory=memory, positions=positions,
        head=head,
    )  # fmt: skip
    config = TrainingConfig(steps=steps, head_steps=head_steps, seed=seed, permute=permute, every=every)

    def log(entry: TrainingLogEntry) -> None:
        exact = f", exact {entry.exact:.3f}" if entry.exact is not None else ""
        click.echo(f"{entry.stage} {entry.step}/{entry.steps}: loss {entry.loss:.3g}{exact}")

    out.mkdir(parents=True, exist_ok=True)
    checkpoint = out / f"{reader_name(shape).removesuffix('.safetensors')}.checkpoint"
    examples = Examples.of(polynomials, training_corpora), Examples.of(polynomials, [validation_corpus])
    reader, history = train_reader(shape, config, *examples, checkpoint, log)
    about = {"course": asdict(config), "history": [asdict(entry) for entry in history]}
    click.echo(save_reader(out, reader, about))


@cli.command("evaluate", short_help="Score every reading, and least squares, on a corpus.")
@click.argument("corpus", type=click.Path(path_type=Path, exists=True, file_okay=False))
@_readers_option
def evaluate_command(corpus: Path, weights: Path | None) -> None:
    """Score every reading, and least squares, on the networks of CORPUS, a folder that the command corpus made.

    \b
    Examples:
      srbench-weights evaluate held-out --weights readers
    """
    import torch

    from srbench_weight_decoder.build import score_readings
    from srbench_weight_decoder.corpus import load
    from srbench_weight_decoder.shipped import WEIGHTS

    torch.set_num_threads(1)
    held_out = load(corpus)
    scores = score_readings(held_out, weights or WEIGHTS)
    click.echo(f"{corpus}: {len(held_out.weights)} networks {held_out.settings.architecture}")
    click.echo(f"{'reading':24} structure  exact    MAE     exact by decimals")
    for name, score in scores.items():
        by_decimals = "  ".join(f"{decimals}: {share:.4f}" for decimals, share in score.exact_by_decimals.items())
        click.echo(f"{name:24} {score.structure:8.4f} {score.exact:7.4f} {score.mae:8.5f}  {by_decimals}")


@cli.command("build", short_help="Make everything that ships: about an hour on two cores.")
@click.option(
    "--out", type=click.Path(path_type=Path), default=None, metavar="FOLDER",
    help="Folder of the weights. Without it, those of the package are replaced.",
)  # fmt: skip
@_work_option
@click.option(
    "--networks", type=click.IntRange(1), default=100_000, metavar="N", help="Networks in each training corpus."
)
@click.option("--steps", type=click.IntRange(1), default=2000, metavar="N", help="Steps of each decoder.")
@_jobs_option
def build_command(out: Path | None, work: Path, networks: int, steps: int, jobs: int) -> None:
    """Make everything that ships, from nothing: about an hour on two cores.

    A build that was interrupted goes on from what stands in the folder of --work.

    \b
    Examples:
      srbench-weights build --out weights --work corpora
    """
    from srbench_weight_decoder.build import CARD, Plan, build
    from srbench_weight_decoder.shipped import WEIGHTS

    folder = out or WEIGHTS
    build(Plan(networks=networks, steps=steps), folder, work, jobs=jobs, say=click.echo)
    click.echo(folder / CARD)


@cli.command("ablate", short_help="Measure what each part of a reader is worth.")
@_work_option
@_jobs_option
def ablate_command(work: Path, jobs: int) -> None:
    """Measure what each part of a reader is worth.

    Readers that differ in one thing are trained on 20,000 networks each and scored on 1,000. The table is printed as
    Markdown.
    """
    from srbench_weight_decoder.ablations import AblationScore, ablate
    from srbench_weight_decoder.shipped import WEIGHTS

    click.echo(
        "| row | structure | exact | exact with a square or constant | mean absolute error |\n|---|---|---|---|---|"
    )

    def show(name: str, score: AblationScore) -> None:
        every, even = score.every, score.even
        click.echo(f"| {name} | {every.structure:.1%} | {every.exact:.1%} | {even.exact:.1%} | {every.mae:.4f} |")

    ablate(work, WEIGHTS, jobs=jobs, say=show)


@cli.command("figures", short_help="Draw what the readers make of a corpus.")
@click.argument("corpus", type=click.Path(path_type=Path, exists=True, file_okay=False))
@_readers_option
@click.option(
    "--out", type=click.Path(path_type=Path), default=Path("figures"), metavar="FOLDER", help="Folder of the figures."
)
def figures_command(corpus: Path, weights: Path | None, out: Path) -> None:
    """Draw what the readers make of CORPUS, a folder that the command corpus made.

    One figure shows the best, median and worst curves, one the training of the readers, and one how accurate they are
    by place in the formula and by its length.

    \b
    Examples:
      srbench-weights figures held-out --out figures
    """
    import torch

    from srbench_weight_decoder.corpus import load
    from srbench_weight_decoder.figures import draw
    from srbench_weight_decoder.shipped import WEIGHTS

    torch.set_num_threads(1)
    for path in draw(load(corpus), weights or WEIGHTS, out):
        click.echo(path)


@cli.command("rate", short_help="Compare how fast networks are trained here and as published.")
@_architecture_option
@click.option(
    "--networks", type=click.IntRange(1), default=8, metavar="N", help="Networks that are trained as published."
)
@click.option("--epochs", type=click.IntRange(1), default=1000, metavar="N", help="Epochs of each of those.")
def rate_command(architecture: str, networks: int, epochs: int) -> None:
    """Compare, on one core, how fast networks are trained here and as published.

    Here thousands are trained at once. As published, each is trained alone, on 5,000 points, by Adam.
    """
    import torch

    from srbench_weight_decoder.rate import at_once, one_at_a_time
    from srbench_weight_decoder.shipped import load_start

    torch.set_num_threads(1)
    rates = {
        "all at once": at_once(architecture, load_start(architecture)),
        "one at a time": one_at_a_time(architecture, networks, epochs),
    }
    for name, rate in rates.items():
        click.echo(
            f"{name:14} {rate.per_second:8.2f} networks/s  median training MSE {rate.median_mse:.1e}  "
            f"({rate.networks} networks)"
        )
    click.echo(f"ratio          {rates['all at once'].per_second / rates['one at a time'].per_second:8.0f}")


def main() -> None:
    """Run the command line and end the process with its exit code."""
    run_command_line(cli, "srbench-weights")
