"""The two sides of `srbench compare`: methods, versions of a method or files, as users write them."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from srbench_lite.errors import UnknownNameError, UsageError

if TYPE_CHECKING:
    import pandas as pd

    from srbench_lite.comparing.runs import RunTable
    from srbench_lite.comparing.stopped_runs import StoppedRuns

__all__ = ["read_runs", "read_sides", "read_store"]

_SUFFIXES: Final = (".db", ".sqlite", ".json", ".csv", ".parquet", ".gz")

#: What runs had at their marks, by the `id` of the run.
Progress = Mapping[int, Sequence[Mapping[str, Any]]]
Pair = tuple[tuple[str, str], "pd.DataFrame", "pd.DataFrame"]


def read_sides(
    before: str, after: str, store: Path, not_shown: Collection[str] | None = None, *, at: float | None = None
) -> tuple[list[Pair], list[str]]:
    """Return for each method that is compared the names of the sides and their runs; and remarks on what was left out.

    Args:
        before: one side.
        after: the other one.
        store: where methods without a file come from.
        not_shown: where given, tasks whose points cannot show the truth are left out: those with these fingerprints,
            and those whose records say so.
        at: as if each run had been stopped at this second; None for the runs as they were.

    Raises:
        UsageError: a side cannot be read, or there is no such method, or several variants of it, or no run of a side
            has a mark at this second.
    """
    from srbench_lite.comparing.caveats import caveats_of, claims_said
    from srbench_lite.comparing.comparison import COLUMNS

    named = [_split(text, store) for text in (before, after)]
    columns = (*COLUMNS, "method_version", "judged_here", "identifiable", "cpu_seconds", "peak_mb")
    read = {path: (_read_store if path == store else _read)(path, columns, at) for path in {p for p, _ in named}}
    paths = {path: run_table for path, (run_table, _) in read.items()}
    if not_shown is not None:
        paths = {path: run_table.identifiable(not_shown) for path, run_table in paths.items()}
    remarks = [f"{path}: {remark}" for path, run_table in paths.items() for remark in run_table.remarks]
    if at is not None:
        stopped = {path: _stopped(run_table, at, read[path][1], path) for path, run_table in paths.items()}
        remarks += [f"{path}: {remark}" for path, runs in stopped.items() for remark in runs.remarks]
        paths = {path: runs.table for path, runs in stopped.items()}
    for file, run_table in paths.items():
        if count := caveats_of(run_table.runs).claims:
            command = "srbench rescore" if _is_sqlite(file) else "srbench import --verify"
            remarks.append(f"{file}: {claims_said(count, judged_by=command)}")
    sides = [(path, paths[path].runs, method) for path, method in named]
    if all(method is None for _, _, method in sides):
        names = [set(runs["method"].unique()) for _, runs, _ in sides]
        both = sorted(names[0] & names[1])
        if not both:
            raise UsageError(
                f"no method is in both: {before} has {', '.join(sorted(names[0])) or 'none'}, {after} has "
                f"{', '.join(sorted(names[1])) or 'none'}; name two methods, such as {before}:METHOD"
            )
        for path, own in zip((before, after), names, strict=True):
            if unshared := sorted(own - set(both)):
                remarks.append(f"only {path} has {', '.join(unshared)}, which is not compared")
        return [
            ((f"{name} ({before})", f"{name} ({after})"), *(_of(runs, name) for _, runs, _ in sides))  # type: ignore[misc]
            for name in both
        ], remarks
    other = next(method for _, _, method in sides if method is not None)
    chosen = [_named(runs, method or other, path) for path, runs, method in sides]
    titles = [name for name, _ in chosen]
    if titles[0] == titles[1]:
        titles = [f"{name} ({path})" for name, (path, _, _) in zip(titles, sides, strict=True)]
    return [((titles[0], titles[1]), chosen[0][1], chosen[1][1])], remarks


def read_runs(path: Path, columns: Sequence[str]) -> RunTable:
    """Return the runs of a store, an export or a baseline, with some columns; a baseline has its own.

    Raises:
        StoreError: the file cannot be read.
    """
    return _read(path, columns, None)[0]


def read_store(path: Path, columns: Sequence[str]) -> RunTable:
    """Return the runs of a store, whatever the file is called.

    Raises:
        StoreError: it cannot be read.
    """
    return _read_store(path, columns, None)[0]


def _read(path: Path, columns: Sequence[str], at: float | None) -> tuple[RunTable, Progress]:
    """Return the runs of a file; where a second is given, with what each had at its marks, by the `id` of the run."""
    from srbench_lite.comparing.baseline import is_baseline, read_baseline
    from srbench_lite.comparing.runs import RunTable
    from srbench_lite.recording.exchange import read_records

    if path.suffix == ".db" or _is_sqlite(path):
        return _read_store(path, columns, at)
    if is_baseline(path):
        if at is not None:
            raise UsageError(f"{path} is a baseline, which has no progress for --at; name a store or an export")
        return read_baseline(path).run_table, {}
    records = read_records(path)
    return RunTable.from_records(records, columns), {number: one.progress for number, one in enumerate(records)}


def _read_store(path: Path, columns: Sequence[str], at: float | None) -> tuple[RunTable, Progress]:
    from srbench_lite.comparing.runs import RunTable
    from srbench_lite.recording.store import Store

    with Store(path, read_only=True) as store, store.snapshot():
        run_table = RunTable.from_store(store, columns)
        return run_table, {} if at is None else dict(store.progress(run_table.runs["id"].tolist()))


def _stopped(run_table: RunTable, at: float, progress: Progress, path: Path) -> StoppedRuns:
    """Return the runs of a file as if each had been stopped at a second."""
    from srbench_lite.comparing.stopped_runs import stopped_at

    try:
        return stopped_at(run_table, at, progress)
    except UsageError as error:
        raise UsageError(f"{path}: {error}") from None


def _is_sqlite(path: Path) -> bool:
    if not path.is_file():
        return False
    with path.open("rb") as file:
        return file.read(16) == b"SQLite format 3\0"


def _split(text: str, store: Path) -> tuple[Path, str | None]:
    """Return the file and the method of one side."""
    if _is_file(text):
        return Path(text), None
    head, colon, method = text.partition(":")
    if colon and _is_file(head):
        return Path(head), method
    return store, text


def _is_file(text: str) -> bool:
    path = Path(text)
    return path.suffix in _SUFFIXES or (path.is_file() and bool(path.suffix or path.parent.name))


def _named(runs: pd.DataFrame, name: str, path: Path) -> tuple[str, pd.DataFrame]:
    """Return the runs of a method: as the leaderboard calls it, or METHOD@VERSION, or by its name where it is clear."""
    known = sorted(set(runs["method"].unique()))
    if name in known:
        return name, _of(runs, name)
    bare, _, version = name.partition("@")
    fitting = runs[(runs["variant_of"] == bare) & ((runs["method_version"] == version) | (version == ""))]
    variants = sorted(set(fitting["method"]))
    if not variants:
        raise UnknownNameError(f"method in {path}", name, [*known, *(f"{m}@{v}" for m, v in _versions(runs))])
    if len(variants) > 1:
        raise UsageError(f"{name} has several variants in {path}; write one of: {'; '.join(variants)}")
    return name, fitting


def _versions(runs: pd.DataFrame) -> list[tuple[str, str]]:
    kinds = runs[["variant_of", "method_version"]].drop_duplicates()
    versions = sorted(zip(kinds["variant_of"], kinds["method_version"], strict=True))
    return versions if len(versions) > runs["method"].nunique() else []


def _of(runs: pd.DataFrame, method: str) -> pd.DataFrame:
    return runs[runs["method"] == method]
