"""The command line `srbench-goals`: the training of the policy."""

from __future__ import annotations

import time
from pathlib import Path

import click
from srbench_weight_decoder import run_command_line

__all__ = ["cli", "main"]

_EPILOG = """\b
Exit codes:
  0    done
  1    something went wrong that is not your input
  2    wrong usage or bad input
  130  interrupted; a training goes on with the same command"""


@click.group(epilog=_EPILOG, context_settings={"help_option_names": ["-h", "--help"], "show_default": True})
def cli() -> None:
    """Train the policy of the method goals."""


@cli.command("train", short_help="Train a policy for the method goals.")
@click.option("--steps", type=click.IntRange(1), default=8_000, metavar="N", help="Steps of AdamW.")
@click.option("--batch", type=click.IntRange(1), default=1_024, metavar="N", help="States in each step.")
@click.option("--episodes", type=click.IntRange(2), default=2_048, metavar="N", help="Episodes that are drawn at once.")
@click.option("--points", type=click.IntRange(2), default=20, metavar="N", help="Points of each episode.")
@click.option("--longest", type=click.IntRange(1), default=25, metavar="N", help="Tokens of an episode, at most.")
@click.option("--width", type=click.IntRange(1), default=96, metavar="N", help="Width of the layers that see a point.")
@click.option("--hidden", type=click.IntRange(1), default=256, metavar="N", help="Width of the layers that see all.")
@click.option("--rate", type=click.FloatRange(0, min_open=True), default=1e-3, metavar="RATE", help="Learning rate.")
@click.option("--seed", type=click.IntRange(0), default=0, metavar="N", help="Seed of the weights and of all draws.")
@click.option("--every", type=click.IntRange(1), default=1_000, metavar="N", help="Steps between checkpoints.")
@click.option("--threads", type=click.IntRange(1), default=1, metavar="N", help="Threads of torch.")
@click.option(
    "--hindsight/--no-hindsight", default=True,
    help="Learn from every episode what it has reached, or only from those that met the goal of another.",
)  # fmt: skip
@click.option(
    "--out", type=click.Path(path_type=Path, dir_okay=False), required=True, metavar="FILE",
    help="File of the weights. The checkpoint stands beside it, with the ending .checkpoint.",
)  # fmt: skip
def train_command(
    steps: int, batch: int, episodes: int, points: int, longest: int, width: int, hidden: int, rate: float, seed: int,
    every: int, threads: int, hindsight: bool, out: Path,
) -> None:  # fmt: skip
    """Train a policy for the method goals, on episodes that are drawn without end.

    A training that was interrupted goes on from its checkpoint when the same command is given again.

    \b
    Examples:
      srbench-goals train --out mine.safetensors
      srbench run -m goals -s nguyen --set goals.weights=mine.safetensors
    """
    from dataclasses import asdict

    from srbench_goals.policy import PolicyShape
    from srbench_goals.shipped import save_policy
    from srbench_goals.training import PolicyConfig, PolicyLogEntry, train_policy

    config = PolicyConfig(
        seed=seed, steps=steps, batch=batch, rate=rate, episodes=episodes, points=points, longest=longest,
        hindsight=hindsight, every=every,
    )  # fmt: skip
    begun = time.perf_counter()

    def log(entry: PolicyLogEntry) -> None:
        click.echo(
            f"{entry.step}/{steps}: loss {entry.loss:.3f}, validation {entry.validation:.3f}, "
            f"{100 * entry.met:.0f} % of the episodes count, {entry.seconds:.0f} s"
        )

    policy, history = train_policy(
        PolicyShape(points=width, hidden=hidden), config, out.with_suffix(".checkpoint"), log, threads=threads,
        seconds=lambda: time.perf_counter() - begun,
    )  # fmt: skip
    save_policy(out, policy, {"course": asdict(config), "history": [asdict(entry) for entry in history]})
    click.echo(out)


def main() -> None:
    """Run the command line and end the process."""
    run_command_line(cli, "srbench-goals")
