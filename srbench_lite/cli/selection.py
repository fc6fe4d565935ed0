"""Runs that a command reads: of a store or of a file, of one method, and of what its options choose."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, Final, TypeVar

import click

from srbench_lite.cli.options import check_selection, recorded_names
from srbench_lite.errors import UnknownNameError, UsageError, suggest

if TYPE_CHECKING:
    import pandas as pd

    from srbench_lite.comparing.runs import RunTable
    from srbench_lite.recording.record import Record
    from srbench_lite.recording.store import Store

__all__ = [
    "STORE_ENDINGS",
    "chosen_records",
    "chosen_runs",
    "condition_options",
    "method_and_version",
    "opened_records",
    "runs_of_method",
    "runs_of_sources",
    "source_option",
    "task_option",
    "under_conditions",
]  # fmt: skip

#: How the names of stores end, as those of files that are read in place of one.
STORE_ENDINGS: Final = (".db", ".sqlite")

F = TypeVar("F", bound=Callable[..., Any])


def condition_options(function: F) -> F:
    """Add --noise X and --perturbation TEXT, which choose records."""
    function = click.option(
        "--perturbation", "perturbations", multiple=True, metavar="TEXT",
        help="Only this perturbation, as tables write it: 'train 50, 3 dummies', or 'none'. May be repeated.",
    )(function)  # fmt: skip
    return click.option(
        "--noise", "noises", multiple=True, type=click.FloatRange(min=0), metavar="X",
        help="Only this noise level. May be repeated.",
    )(function)  # fmt: skip


def task_option(function: F) -> F:
    """Add --task NAME|PATTERN, which chooses records."""
    return click.option(
        "--task", "-t", "tasks", multiple=True, metavar="NAME|PATTERN",
        help="Only this task, or those that fit a pattern such as 'sin/p*'. May be repeated.",
    )(function)  # fmt: skip


def source_option(function: F) -> F:
    """Add --from FILE, an export or a store that is read in place of the store."""
    return click.option(
        "--from", "source", type=click.Path(path_type=Path), metavar="FILE",
        help="Read this export or other store instead of the store.",
    )(function)  # fmt: skip


def method_and_version(text: str) -> tuple[str, str | None]:
    """Return the method and the version that METHOD or METHOD@VERSION says."""
    method, at, version = text.rpartition("@")
    return (method, version) if at else (text, None)


def chosen_records(source: Path, suites: Sequence[str], methods: Sequence[str]) -> list[Record]:
    """Return the records of a file on these suites by these methods; where none is named, on and by all.

    Raises:
        UnknownNameError: the file has none on a suite, or by a method.
    """
    from srbench_lite.recording.exchange import read_records

    records = read_records(source)
    recorded_names("suite", suites, {r.suite for r in records})
    recorded_names("method", methods, {r.method for r in records})
    return [r for r in records if r.suite in (suites or {r.suite}) and r.method in (methods or {r.method})]


@contextmanager
def opened_records(store_path: Path, source: Path | None) -> Iterator[Store]:
    """Yield the store, or the one that --from names, or one for the time being with the records of a file."""
    from srbench_lite.recording.exchange import read_records
    from srbench_lite.recording.store import Store

    if source is None or source.suffix in STORE_ENDINGS:
        with Store(source or store_path, read_only=True) as store:
            yield store
        return
    records = read_records(source)
    with TemporaryDirectory(prefix="srbench-") as folder, Store(Path(folder) / "records.db") as store:
        store.add_all(records)
        yield store


def runs_of_method(store: Path, source: Path | None, method: str, columns: Sequence[str]) -> RunTable:
    """Return the runs of a method that count: of a file where one is named, else of the store.

    Raises:
        UnknownNameError: it has no run there.
        UsageError: the file is a baseline, which does not hold what is asked for.
        StoreError: the file or the store cannot be read.
    """
    from srbench_lite.comparing.baseline import is_baseline
    from srbench_lite.comparing.runs import RunTable
    from srbench_lite.recording.exchange import read_records
    from srbench_lite.recording.store import Store

    path = store if source is None else source
    if source is None or path.suffix in STORE_ENDINGS:
        with Store(path, read_only=True) as opened, opened.snapshot():
            check_selection(opened, (), (method,))
            table = RunTable.from_store(opened, [one for one in columns if one != "environment"], methods=(method,))
            if "environment" not in columns:
                return table
            numbers = table.runs["id"].tolist()
            texts = opened.environments(numbers)
            return replace(table, runs=table.runs.assign(environment=[texts[number] for number in numbers]))
    if is_baseline(path):
        raise UsageError(f"{path} is a baseline, which keeps too little of a run; name a store or an export")
    records = read_records(path)
    recorded_names("method", (method,), {record.method for record in records})
    return RunTable.from_records(records, columns, methods=(method,))


def runs_of_sources(store: Path, sources: Sequence[Path], method: str, columns: Sequence[str]) -> list[RunTable]:
    """Return the runs of a method of each source that has some: of the store, unless it is absent, and of files.

    Raises:
        UnknownNameError: it has no run in any of them.
        UsageError: a file is a baseline, or cannot be read.
    """
    tables, errors = [], []
    for source in [*([None] if store.exists() or not sources else []), *sources]:
        try:
            tables.append(runs_of_method(store, source, method, columns))
        except UnknownNameError as error:
            errors.append(error)
    if not tables:
        raise errors[0]
    return tables


def chosen_runs(
    runs: pd.DataFrame, *, suites: Collection[str] = (), noises: Collection[float] = (),
    perturbations: Collection[str] = (), tasks: Collection[str] = (),
) -> pd.DataFrame:  # fmt: skip
    """Return the runs that options choose; where one chooses nothing, all are.

    Args:
        runs: at least with the columns that are chosen by.
        suites: their names; one of which there is no run chooses none.
        noises: noise levels.
        perturbations: as tables write them.
        tasks: full or short names of tasks, or patterns.

    Raises:
        UnknownNameError: no run is on such a task.
        UsageError: no task fits a pattern.
    """
    from srbench_lite.cli.options import matching_tasks
    from srbench_lite.comparing.runs import perturbation_of

    if tasks:
        known = {str(task) for task in runs["task"].unique()}
        runs = runs[runs["task"].isin([name for text in tasks for name in matching_tasks(text, known)])]
    if perturbations:
        texts = [text for text in runs["perturbation"].unique() if str(perturbation_of(text)) in perturbations]
        runs = runs[runs["perturbation"].isin(texts)]
    if suites:
        runs = runs[runs["suite"].isin(suites)]
    return runs[runs["noise"].isin(noises)] if noises else runs


def under_conditions(run_table: RunTable, noises: Sequence[float], perturbations: Sequence[str]) -> RunTable:
    """Return the runs at these noise levels and with these perturbations; all where none is given.

    Raises:
        UsageError: no run has one of them.
    """
    from srbench_lite.comparing.runs import perturbation_of

    runs = run_table.runs
    known = {
        "the noise level": [f"{level:g}" for level in sorted(set(runs["noise"].unique().tolist()))],
        "the perturbation": sorted(str(perturbation_of(str(text))) for text in runs["perturbation"].unique()),
    }
    wanted = {"the noise level": [f"{noise:g}" for noise in noises], "the perturbation": perturbations}
    for what, values in wanted.items() if len(runs) else ():
        for value in values:
            if value not in known[what]:
                raise UsageError(f"no run has {what} {value}.{suggest(value, known[what])}")
    chosen = chosen_runs(runs, noises=noises, perturbations=perturbations)
    return replace(run_table, runs=chosen.reset_index(drop=True))
