"""What `srbench doctor` says of a store: whether it is whole, what its records are worth here, and what lies beside."""

from __future__ import annotations

import os
import shutil
import sqlite3
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

from srbench_lite.errors import SrbenchError
from srbench_lite.files import may_write

if TYPE_CHECKING:
    from srbench_lite.methods.discovery import Registry
    from srbench_lite.problems.suite import Suite
    from srbench_lite.recording.store import Store

__all__ = ["Finding", "findings_on_store"]

_LEAST_FREE: Final = 256 * 2**20  # bytes of a disk
_MOST_NAMED: Final = 5  # suites or methods in a line


class Finding(NamedTuple):
    """What was found: whether it is good, or worth a note, and how to mend it."""

    good: bool
    what: str
    mend: str = ""
    note: bool = False

    @property
    def mark(self) -> str:
        """Return `ok`, `note` or `WRONG`."""
        return "WRONG" if not self.good else "note" if self.note else "ok"


def findings_on_store(path: Path, registry: Registry | None) -> Iterator[Finding]:
    """Look at a store, and at what its records have to do with what is installed.

    Args:
        path: the store; it need not be there.
        registry: what is installed; None where it cannot be told.
    """
    from srbench_lite.recording.store import Store

    yield Finding(True, f"SQLite {sqlite3.sqlite_version}")
    folder = next(p for p in (path.absolute().parent, *path.absolute().parents) if p.exists())
    if not os.path.lexists(path):
        writable = may_write(folder)
        mend = "" if writable else f"make {folder} writable, or name another store with --store"
        yield Finding(writable, f"store {path}: there is none yet; the first run makes it", mend)
        yield from _disk(path, folder)
        return
    try:
        with Store(path, read_only=True) as store:
            store.check()
            count = len(store)
            writable = may_write(path) and may_write(path.absolute().parent)
            mend = (
                ""
                if writable
                else f"runs must be able to write the store and its folder: chmod u+w {path} {path.parent}"
            )
            yield Finding(writable, f"store {path}: {count} records, all can be read, schema {store.schema}", mend)
            if registry is not None:
                yield from _tasks(store, registry)
                yield from _methods(store, registry)
            yield from _leftovers(store)
    except SrbenchError as error:
        yield Finding(False, f"store {path}", str(error))
    yield from _disk(path, folder)


def _disk(path: Path, folder: Path) -> Iterator[Finding]:
    """Say on what kind of disk it lies, and whether there is room."""
    from srbench_lite.recording.file_system import file_system_of, is_shared

    kind = file_system_of(path)
    free = shutil.disk_usage(folder).free
    room = f"{free / 2**20:,.0f} MiB free"
    if is_shared(kind):
        yield Finding(
            True, f"disk of the store: {kind}, which machines share, {room}",
            "SQLite needs working locks there, and each record takes longer; keep a store on a local disk and take its "
            "records over with srbench import", note=True,
        )  # fmt: skip
    else:
        yield Finding(
            free >= _LEAST_FREE, f"disk of the store: {kind or 'of an unknown kind'}, {room}",
            "" if free >= _LEAST_FREE else "make room: a run that finds none stops",
        )  # fmt: skip


# --- records beside what is installed ---------------------------------------------------------------------------------


def _tasks(store: Store, registry: Registry) -> Iterator[Finding]:
    """Say of how many records the task is another one today, or is not known, by suite."""
    changed: Counter[str] = Counter()
    unknown: Counter[str] = Counter()
    rows = store.rows(["suite", "task", "task_fingerprint"])
    suites = _suites({suite for suite, _, _ in rows}, store, registry)
    known = {name: {task.name: task.fingerprint for task in suite.tasks} for name, suite in suites.items()}
    for suite, task, fingerprint in rows:
        if task not in known.get(suite, {}):
            unknown[suite] += 1
        elif known[suite][task] != fingerprint:
            changed[suite] += 1
    yield from _noted(
        changed, "of tasks that are defined otherwise now",
        "tables still show them, and a run does them anew; srbench delete --suite NAME removes them",
    )  # fmt: skip
    yield from _noted(
        unknown, "of tasks that are not installed",
        "tables still show them; srbench run and srbench rescore find them with --suite FILE.toml",
    )  # fmt: skip
    if rows and not (changed or unknown):
        yield Finding(True, "the tasks of all records are installed")


def _suites(names: set[str], store: Store, registry: Registry) -> dict[str, Suite]:
    """Return those suites that are known: installed, drawn, or of files that the store's studies name."""
    from srbench_lite.cli.study import suite_files_of
    from srbench_lite.problems.random_suite import rebuilt_suites
    from srbench_lite.problems.suite_file import load_suite

    found = {name: registry.suites[name] for name in names & registry.suites.keys()}
    found |= rebuilt_suites(names)
    for file in suite_files_of(store.studies(), store.path.parent) if names - found.keys() else ():
        try:
            suite = load_suite(Path(file), strict=False)
        except SrbenchError:
            continue  # it is no longer there, or no longer a suite: its tasks are unknown
        if suite.name in names:
            found.setdefault(suite.name, suite)
    return found


def _methods(store: Store, registry: Registry) -> Iterator[Finding]:
    """Say of how many records the method is not installed, or has other code today."""
    from srbench_lite.environments.assignment import source_of
    from srbench_lite.methods.made_methods import is_made

    unknown: Counter[str] = Counter()
    changed: Counter[str] = Counter()
    sources: dict[str, str | None] = {}
    for name, version, source in store.rows(["method", "method_version", "method_source"]):
        if is_made(name):
            continue  # a stranger's record may name anything, and nothing of it is looked for
        method = registry.methods.get(name)
        if method is None:
            unknown[name] += 1
            continue
        if name not in sources:
            sources[name] = source_of(method)
        if version != method.version or sources[name] not in (None, source):
            changed[name] += 1
    yield from _noted(
        changed, "by other code than today's, or by code that nobody knows",
        "a run does them anew; srbench run --keep-old keeps what is stored",
    )  # fmt: skip
    yield from _noted(
        unknown, "by methods that are not installed",
        "tables still show them; srbench delete --method NAME removes them",
    )  # fmt: skip


def _noted(counts: Counter[str], what: str, mend: str) -> Iterator[Finding]:
    """Yield a note where there are such records, with how many there are of each."""
    if counts:
        yield Finding(True, f"{_counted(counts)} {what}: {_named(counts)}", mend, note=True)


def _counted(counts: Counter[str]) -> str:
    total = counts.total()
    return f"{total} record{'' if total == 1 else 's'}"


def _named(counts: Counter[str]) -> str:
    named = ", ".join(f"{name} ({count})" for name, count in counts.most_common(_MOST_NAMED))
    return f"{named} and {len(counts) - _MOST_NAMED} more" if len(counts) > _MOST_NAMED else named


# --- what lies beside -------------------------------------------------------------------------------------------------


def _leftovers(store: Store) -> Iterator[Finding]:
    """Say what a run that was killed has left beside the store; nothing while another one is at work."""
    from srbench_lite.recording.artifacts import Artifacts
    from srbench_lite.running.live_state import RunState, state_path

    if store.file.is_being_written():
        yield Finding(True, "a run is writing to the store; srbench status says more")
        return
    log, beside = store.file.unfinished()
    if log:
        yield Finding(
            True, f"{log:,} bytes of the store lie in {store.path.name}-wal beside it",
            "take both files along, and delete neither; the next run makes one of them", note=True,
        )  # fmt: skip
    try:
        state = RunState.read(store.path)
    except SrbenchError:
        beside.append(state_path(store.path).name)
        state = None
    if state is not None and state.is_alive is False:
        yield Finding(
            True, f"a run has died (process {state.pid}): {state.left} of its runs were left",
            "the same command goes on", note=True,
        )  # fmt: skip
    artifacts = Artifacts(store.path)
    if artifacts.has_unfinished():
        beside.append(f"{artifacts.root.name}/unfinished")
    if beside:
        yield Finding(True, f"left by a run that was killed: {', '.join(beside)}", "the next run clears it", note=True)
    forsaken = artifacts.keys() - {key for (key,) in store.rows(["key"])}
    if forsaken:
        folders = f"{len(forsaken)} folder{'' if len(forsaken) == 1 else 's'}"
        yield Finding(
            True, f"{folders} of files of runs that are not in the store: {artifacts.root}",
            f"remove what you do not need, such as {min(forsaken)}", note=True,
        )  # fmt: skip
