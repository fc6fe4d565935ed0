"""`srbench reproduce RUN`."""

from __future__ import annotations

import math
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, Final

import click

from srbench_lite.cli.command import Command
from srbench_lite.cli.one_run import one_run, one_run_options
from srbench_lite.cli.options import format_table, loaded_registry, plugin_option, store_option, suite_file_option
from srbench_lite.cli.streams import say
from srbench_lite.errors import ComparisonError

if TYPE_CHECKING:
    from srbench_lite.methods.discovery import Registry
    from srbench_lite.recording.record import Record
    from srbench_lite.running.plan import PlannedRun

#: What a run that is reproduced has in common with the stored one, beside its formula: columns of a record.
_COMPARED: Final = (
    "status", "verdict", "recovered", "complexity", "mse_test", "nmse_test", "r2_test", "mse_far", "nmse_far", "r2_far",
)  # fmt: skip
#: Numbers are the same up to the last digits, which other processors may round otherwise.
_RELATIVE: Final = 1e-9


@click.command(
    "reproduce", cls=Command,
    lists={"Exit codes": {
        "1": "Something came out otherwise.",
        "4": "It cannot be done again here: the task, the method or its version is another, or is not installed.",
    }},
    examples=("srbench reproduce sin/phase --method lies --seed 0", "srbench reproduce 0f3a9c21"),
)  # fmt: skip
@one_run_options
@suite_file_option
@store_option
@plugin_option
def reproduce_command(
    name: str, methods: tuple[str, ...], seed: int | None, noise: float | None, suites: tuple[str, ...],
    store_path: Path, plugin_files: tuple[Path, ...],
) -> int:  # fmt: skip
    """Do one stored run again, and say whether formula, verdict and scores come out the same.

    RUN is the name of a task, or the first digits of a run's key, at least six. The store stays as it is.
    """
    from srbench_lite.recording.record import COLUMNS, Record
    from srbench_lite.recording.store import Store
    from srbench_lite.running.runner import run

    registry = loaded_registry(plugin_files)
    with Store(store_path, read_only=True) as store:
        chosen = one_run(store, name, methods, seed, noise)
        rows = [dict(zip(COLUMNS, row, strict=True)) for row in store.rows(tasks=[chosen["task"]])]
    before = Record.from_row(next(row for row in rows if row["key"] == chosen["key"]))
    planned = _planned(before, registry, suites)
    say(f"{before.task}, {before.method}, noise {before.noise:g}, seed {before.seed}, run {before.key}")
    if planned.method_source not in (None, before.method_source):
        say("the code of the method is another than that of the stored run, or nobody knows which that was", err=True)
    with TemporaryDirectory(prefix="srbench-") as folder, Store(Path(folder) / "again.db") as store:
        summary = run([planned], registry=registry, store=store, plugins=plugin_files)
        if summary.interrupted:
            return 130
        (after,) = store
    return _compared(before, after)


def _planned(record: Record, registry: Registry, suites: tuple[str, ...]) -> PlannedRun:
    """Return the run that made a record, as it is to be done again.

    Raises:
        ComparisonError: what made it is not here.
    """
    from srbench_lite.cli.options import selected_suites
    from srbench_lite.methods.method import Budget
    from srbench_lite.problems.perturbation import Perturbation
    from srbench_lite.running.plan import plan

    every = selected_suites(registry, suites, tasks=[record.task]).values()
    task = next((task for suite in every for task in suite.tasks if task.name == record.task), None)
    if task is None:
        raise ComparisonError(f"{record.task} is not installed; give the suite file that defines it with --suite")
    if task.fingerprint != record.task_fingerprint:
        raise ComparisonError(f"{record.task} is defined otherwise here than it was when the run was made")
    method = registry.find_method(record.method)
    if method is None:
        raise ComparisonError(f"the method {record.method} is not installed; --plugin FILE adds one of a file")
    if method.version != record.method_version:
        raise ComparisonError(
            f"{record.method} is of version {method.version} here, and the run was made by {record.method_version}"
        )
    budget = Budget(seconds=record.budget_seconds, memory_mb=record.budget_memory_mb, threads=record.budget_threads)
    (planned,) = plan(
        [method.with_parameters(record.parameters)], [task], seeds=[record.seed], noises=[record.noise], budget=budget,
        perturbations=[Perturbation.of(record.perturbation)],
    )  # fmt: skip
    return planned


def _compared(before: Record, after: Record) -> int:
    """Print both runs side by side; return 0 where all is the same, else 1."""
    rows = [("formula", before.expression, after.expression, before.expression == after.expression)]
    for name in _COMPARED:
        old, new = _value(before, name), _value(after, name)
        rows.append((name, old, new, _is_same(old, new)))
    table = [(name, _shown(old), _shown(new), "same" if same else "DIFFERS") for name, old, new, same in rows]
    click.echo(format_table(table, ("", "stored", "again", "")))
    if all(same for *_, same in rows):
        say("it came out the same")
        return 0
    names = sorted(before.environment.keys() | after.environment.keys())
    for name in names:
        old, new = before.environment.get(name), after.environment.get(name)
        if old != new:
            say(f"another {name}: {_shown(old)}, now {_shown(new)}", err=True)
    if before.extras.get("plan") == "cut by the clock" or before.stopped == "budget":
        say("the stored run was cut by the clock: how far it came depends on the machine", err=True)
    return 1


def _value(record: Record, name: str) -> Any:
    return getattr(record, name) if hasattr(record, name) else getattr(record.scores, name)


def _is_same(old: Any, new: Any) -> bool:
    if isinstance(old, float) and isinstance(new, float):
        return math.isclose(old, new, rel_tol=_RELATIVE, abs_tol=1e-300) or (math.isnan(old) and math.isnan(new))
    return bool(old == new)


def _shown(value: Any) -> str:
    from srbench_lite.cli.options import shortened

    return shortened("–" if value is None else f"{value:.6g}" if isinstance(value, float) else str(value))
