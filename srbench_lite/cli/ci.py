"""`srbench ci`."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import Final

import click

from srbench_lite.cli.ci_files import SERVICES, GateJob, ci_file
from srbench_lite.cli.command import Command
from srbench_lite.cli.duration import read_duration
from srbench_lite.errors import UnknownNameError, UsageError
from srbench_lite.files import write_text

_NAME: Final = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_./-]*")


@click.command(
    "ci", cls=Command,
    examples=(
        "srbench ci github",
        "srbench ci gitlab --within 5min --jobs 4",
        "srbench ci github --plugin my_method.py --baseline benchmark/baseline.json",
    ),
)  # fmt: skip
@click.argument("service", metavar="github|gitlab")
@click.option(
    "--within", callback=read_duration, default="10min", show_default=True, metavar="TIME",
    help="Time that the gate may take, such as 10min or 1h30min.",
)  # fmt: skip
@click.option(
    "--jobs", "-j", type=click.IntRange(min=1), default=2, show_default=True, metavar="N", help="Runs at a time."
)
@click.option(
    "--baseline", default="results/baseline.json", show_default=True, metavar="FILE",
    help="Baseline that the repository has, or will have.",
)  # fmt: skip
@click.option(
    "--branch", default="main", show_default=True, metavar="NAME",
    help="Branch whose pushes are checked, besides pull requests. GitLab takes its default branch.",
)  # fmt: skip
@click.option(
    "--plugin", "plugins", multiple=True, metavar="FILE",
    help="Plugin file of the repository that the gate loads. May be repeated.",
)  # fmt: skip
@click.option(
    "--suite", "-s", "suites", multiple=True, metavar="NAME|FILE.toml",
    help="Only this suite of the baseline; a suite file of the repository defines its tasks. May be repeated.",
)  # fmt: skip
@click.option("--out", metavar="FILE", show_default="where the service looks for it", help="File to write.")
@click.option("--force", is_flag=True, help="Replace a file that exists.")
def ci_command(
    service: str, within: float, jobs: int, baseline: str, branch: str, plugins: tuple[str, ...],
    suites: tuple[str, ...], out: str | None, force: bool,
) -> int:  # fmt: skip
    """Write a workflow for GitHub or GitLab that runs the gate.

    Commit the file. It installs srbench-lite and what lies in the repository, restores the runs of earlier jobs, makes
    and checks the runs that tell most within the time, keeps a page as an artifact, and shows the report: on GitHub in
    the job's summary and as a comment, on GitLab in the merge request. It needs no secret.
    """
    if service not in SERVICES:
        raise UnknownNameError("CI service", service, SERVICES)
    for option, value in (("--baseline", baseline), ("--branch", branch)):
        if not _NAME.fullmatch(value):
            raise UsageError(f"{option} must have letters, digits, _ . / and - only; got {value!r}")
    path = Path(out or SERVICES[service])
    if path.exists() and not force:
        raise UsageError(f"{path} exists, and is not overwritten; replace it with --force, or {_elsewhere(service)}")
    job = GateJob(
        within=within, jobs=jobs, baseline=baseline, branch=branch, plugins=plugins, suites=suites,
        install="-e ." if Path("pyproject.toml").is_file() else "",
    )  # fmt: skip
    write_text(path, ci_file(service, job))
    click.echo(f"{path}: {job.command}")
    click.echo("Next:")
    for line in _next_commands(path, job):
        click.echo(f"  {line}")
    return 0


def _elsewhere(service: str) -> str:
    """Say how a file beside the one that exists is used."""
    if service == "github":
        return "name another with --out .github/workflows/NAME.yml"
    return "write --out .gitlab/srbench.yml, and add `include: [local: .gitlab/srbench.yml]` to it"


def _next_commands(path: Path, job: GateJob) -> list[str]:
    """Return what to type next: make a baseline where there is none, and commit."""
    commands, files = [], [str(path)]
    if not Path(job.baseline).is_file():
        options = job.options if job.suites else f"{job.options} --suite SUITE"
        commands = [
            f"srbench run --method METHOD{options} --seeds 5 --time-limit 20 --jobs {job.jobs}",
            f"srbench baseline --out {job.baseline}",
        ]
        files.append(job.baseline)
    return [*commands, f"{job.command} --dry-run", f"git add {shlex.join(files)} && git commit"]
