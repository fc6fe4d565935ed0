"""`srbench check-suite`."""

from __future__ import annotations

import json
import sys
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING

import click

from srbench_lite.cli.command import Command
from srbench_lite.cli.options import loaded_registry, plugin_option, say_notes, selected_suites
from srbench_lite.errors import DuplicateNameError

if TYPE_CHECKING:
    from srbench_lite.checking.suite_check import Finding
    from srbench_lite.methods.discovery import Registry
    from srbench_lite.problems.suite import Suite

__all__ = ["check_suite_command"]


@click.command(
    "check-suite", cls=Command,
    lists={"Exit codes": {"0": "There is no fault.", "1": "There is a fault.", "2": "No such suite or file."}},
    examples=("srbench check-suite mine.toml", "srbench check-suite nguyen --json", "srbench check-suite"),
)  # fmt: skip
@click.argument("names", nargs=-1, metavar="[FILE|NAME]...")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@plugin_option
def check_suite_command(names: tuple[str, ...], as_json: bool, plugin_files: tuple[Path, ...]) -> int:
    """Say what is wrong with suites, and what their points cannot show.

    All faults of each suite are said in one go. Where none is named, all that are installed are checked.
    A fault is what a file gets wrong; a truth that is constant, undefined on a part of its domain, lost in rounding,
    or has a pole where points are drawn; a part of a truth that points in float64 cannot show; units that do not agree.
    What a task itself tells of, in `unidentifiable` or `erratum`, is noted and no fault. Formulas that other tasks
    have too, whatever their variables are called, are remarked on.
    """
    from srbench_lite.checking.suite_check import check_suite, same_formulas
    from srbench_lite.reports.suite_findings import findings_as_json, render_findings

    registry = loaded_registry(plugin_files)
    suites, findings, tasks = _suites(registry, names)
    total = sum(len(suite.tasks) for suite in suites)
    shown = click.progressbar(length=total, file=sys.stderr) if sys.stderr.isatty() else nullcontext()
    with shown as bar:
        for suite in suites:
            findings += check_suite(suite, lambda _: None if bar is None else bar.update(1))
    findings += same_formulas(suites, registry.suites)
    say_notes(suites)
    if as_json:
        click.echo(json.dumps(findings_as_json(tasks, findings), indent=1))
    else:
        click.echo(render_findings(tasks, findings), nl=False)
    return 1 if any(finding.level == "fault" for finding in findings) else 0


def _suites(registry: Registry, names: tuple[str, ...]) -> tuple[list[Suite], list[Finding], dict[str, int]]:
    """Return the suites, what is wrong with files of theirs, and the number of tasks by suite."""
    from srbench_lite.checking.suite_check import Finding
    from srbench_lite.problems.suite_file import suite_with_faults

    suites: list[Suite] = []
    findings: list[Finding] = []
    tasks: dict[str, int] = {}
    for name in names or tuple(registry.suites):
        if name.endswith(".toml") or "/" in name:
            suite, faults = suite_with_faults(Path(name), check_truths=False)
            called = name if suite is None else suite.name
            findings += [Finding(suite=called, task="", kind="file", level="fault", text=text) for text in faults]
        else:
            (suite,) = selected_suites(registry, [name]).values()
            called = suite.name
        if called in tasks:
            raise DuplicateNameError(f"two suites are called {called!r}; check them one after the other")
        tasks[called] = 0 if suite is None else len(suite.tasks)
        suites += [] if suite is None else [suite]
    return suites, findings, tasks
