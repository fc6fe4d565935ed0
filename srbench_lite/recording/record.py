"""`Record`: what is kept of one run of one method on one task, and `Status`: how it ended."""

from __future__ import annotations

import dataclasses
import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

from srbench_lite.errors import StoreError, UsageError, suggest
from srbench_lite.judging.scores import Scores
from srbench_lite.judging.verdict import RECOVERED, VerdictWord
from srbench_lite.problems.perturbation import Perturbation
from srbench_lite.recording.complaint import split_old_reason
from srbench_lite.recording.progress import checked_progress, checked_reports
from srbench_lite.recording.run_key import RunKey

__all__ = [
    "ADDED_COLUMNS", "COLUMNS", "NAMES", "VALUES_OF_OLD", "Record", "Status", "checked_columns", "is_name",
]  # fmt: skip


class Status(StrEnum):
    """How a planned run ended; every one ends in exactly one of these."""

    OK = "ok"  # a formula came back
    FAILED = "failed"  # the method ran and found nothing (FitError)
    CRASHED = "crashed"  # any other exception, or the process died
    TIMEOUT = "timeout"  # stopped at the wall-clock limit; the best formula so far is scored
    MEMOUT = "memout"  # stopped at the memory limit; the best formula so far is scored
    INVALID = "invalid"  # what came back is no formula in the task's variables
    SKIPPED = "skipped"  # the method said beforehand that it cannot do this task


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """One finished run of a method on a task with one seed and one noise level.

    `key` is the digest of its `RunKey`. `reason` says why the run ended as it did; None where it ended ok. `complaint`
    says what went wrong beside it (`srbench_lite.recording.complaint`).

    `method_source` is the fingerprint of the code that made the run (`srbench_lite.methods.code_fingerprint`), None
    where it is unknown. It is no part of the key: a run of other code takes the place of the record. `judged_here` says
    that this installation computed the scores; without it they are a claim, as in a file that somebody hands over.

    `perturbation` holds the settings of a `Perturbation` that are not its defaults; `truth` is the truth in the names
    and units of the perturbed points. `identifiable` says whether points in float64 can show the truth; None where
    there is none, and in records of earlier versions.

    `progress` has an entry for each mark (`srbench_lite.recording.progress`), `reports` what the fit reported with its
    second, thinned out to a hundred; both are empty in records of earlier versions. `recovered_any` says whether the
    answer or one of the candidates is the truth, `right_candidates` how many candidates are; None without a truth,
    where they could not be judged in time, and in records of earlier versions.

    `output` is the end of what the method printed (`srbench_lite.recording.output`). It is no column: the store keeps
    it in a table of its own (`Store.output`), exports leave it out, and it does not make two records different.
    """

    key: str
    suite: str
    task: str
    method: str
    seed: int
    noise: float
    status: Status
    reason: str | None
    expression: str | None
    scores: Scores
    stopped: str | None  # "done", or "budget" when a clock ended the search; None where no formula came back
    seconds: float  # wall clock of Method.fit alone
    cpu_seconds: float  # of the whole process tree of the fit
    cell_seconds: float  # wall clock of the whole run: drawing, process, fit, scoring
    peak_mb: float | None  # peak resident memory of the process tree, MiB; None where it ended before the first look
    task_version: int
    task_fingerprint: str
    truth: str | None
    method_version: str
    parameters: Mapping[str, Any]
    budget_seconds: float
    budget_memory_mb: float
    budget_threads: int
    scoring_version: str
    noise_definition: str
    candidates: tuple[str, ...]
    printed_bytes: int  # what the method wrote to stdout and stderr
    extras: Mapping[str, Any]
    started_at: str  # UTC, ISO 8601
    environment: Mapping[str, Any]
    complaint: str | None = None
    method_source: str | None = None
    judged_here: bool = False
    perturbation: Mapping[str, Any] = field(default_factory=dict)
    identifiable: bool | None = None
    progress: tuple[Mapping[str, Any], ...] = ()
    reports: tuple[tuple[float, str], ...] = ()
    recovered_any: bool | None = None
    right_candidates: int | None = None
    output: str = field(default="", compare=False, repr=False)

    @property
    def run_key(self) -> RunKey:
        """What identifies the run."""
        return RunKey.of(self)

    def to_row(self) -> dict[str, Any]:
        """Return one plain value a column, in the order of `COLUMNS`; mappings and lists as JSON text.

        Raises:
            StoreError: a value that could not be read back, such as NaN.
        """
        values = {f.name: getattr(self, f.name) for f in dataclasses.fields(self) if f.name not in ("scores", "output")}
        values |= {f.name: getattr(self.scores, f.name) for f in dataclasses.fields(self.scores)}
        return {column: _plain(column, kind, values[column]) for column, kind in COLUMNS.items()}

    @classmethod
    def from_row(cls, row: Mapping[str, Any]) -> Record:
        """Read a row back, checking every value against its type.

        A row without the column `complaint` is an old one, whose reason held both (`split_old_reason`).

        Raises:
            StoreError: a column is missing or unknown, or a value has the wrong type.
        """
        for name in row:
            if name not in COLUMNS:
                raise StoreError(f"a record has an unknown column {name!r}.{suggest(str(name), COLUMNS)}")
        missing = [name for name in COLUMNS if name not in row and name not in ADDED_COLUMNS]
        if missing:
            raise StoreError(f"a record lacks the column{'s' * (len(missing) > 1)} {', '.join(missing)}")
        values = {name: _typed(name, kind, row.get(name, VALUES_OF_OLD.get(name))) for name, kind in COLUMNS.items()}
        if "complaint" not in row:
            values["reason"], values["complaint"] = split_old_reason(values["status"], values["reason"])
        values["status"] = Status(values["status"])
        values["candidates"] = tuple(values["candidates"])
        values["judged_here"] = bool(values["judged_here"])
        scores = Scores(**{f.name: values.pop(f.name) for f in dataclasses.fields(Scores)})
        record = cls(scores=scores, **values)
        record._check()
        expected = record.run_key.digest
        if record.key != expected:
            raise StoreError(
                f"a record's key {record.key!r:.80} does not fit its contents ({expected}): it was changed by "
                "hand; export it again from the store it came from"
            )
        return record

    def _check(self) -> None:
        """Refuse values that fit their types and not each other."""
        for name in NAMES:
            value = getattr(self, name)
            if value is not None and not is_name(value):
                raise StoreError(
                    f"a record's {name} must be one line of characters that can be printed, got {value!r:.80}"
                )
        if not self.task.startswith(f"{self.suite}/"):
            raise StoreError(f"a record's task must be called {self.suite:.80}/..., got {self.task!r:.80}")
        for name in ("seconds", "cpu_seconds", "cell_seconds"):
            if getattr(self, name) < 0:
                raise StoreError(f"a record's {name} cannot be negative, got {getattr(self, name):g}")
        try:
            datetime.fromisoformat(self.started_at)
        except ValueError:
            raise StoreError(
                f"a record's started_at must be a time such as 2026-01-01T12:00:00+00:00, got {self.started_at!r:.80}"
            ) from None
        verdict, recovered = self.scores.verdict, self.scores.recovered
        if verdict is not None and verdict not in _VERDICTS:
            raise StoreError(f"a record's verdict must be one of {', '.join(_VERDICTS)}, got {verdict!r}")
        if recovered is not None and recovered != (verdict in RECOVERED):
            raise StoreError(f"a record says recovered = {recovered} with the verdict {verdict!r:.80}")


#: Columns of names: what stands in lines of messages, in tables, labels and addresses.
NAMES: Final = (
    "suite", "task", "method", "method_version", "scoring_version", "noise_definition", "task_fingerprint",
    "method_source", "stopped",
)  # fmt: skip
_MAX_NAME: Final = 2_000  # characters; that of a drawn suite may have 600


def is_name(text: str) -> bool:
    """Return whether a text can be a name: one line, in which nothing acts on a terminal or hides."""
    return text.isprintable() and len(text) <= _MAX_NAME


_VERDICTS: Final = tuple(str(word) for word in VerdictWord)

#: Column of a row -> kind: text, real, int, bool or json; a "?" means it may be None. The order is that of exports.
COLUMNS: Final[dict[str, str]] = {
    "key": "text",
    "suite": "text",
    "task": "text",
    "method": "text",
    "seed": "int",
    "noise": "real",
    "status": "text",
    "reason": "text?",
    "expression": "text?",
    "verdict": "text?",
    "recovered": "bool?",
    "recovered_srbench": "bool?",
    "mse_test": "real?",
    "nmse_test": "real?",
    "r2_test": "real?",
    "solved_r2": "bool?",
    "mse_far": "real?",
    "nmse_far": "real?",
    "r2_far": "real?",
    "n_far": "int?",
    "y_constant": "bool?",
    "complexity": "int?",
    "complexity_simplified": "int?",
    "complexity_truth": "int?",
    "edit_distance": "real?",
    "seconds": "real",
    "cpu_seconds": "real",
    "peak_mb": "real?",
    "cell_seconds": "real",
    "verdict_by": "text?",
    "aligned": "text?",
    "replay_gap": "real?",
    "stopped": "text?",
    "metrics": "json",
    "task_version": "int",
    "task_fingerprint": "text",
    "truth": "text?",
    "method_version": "text",
    "parameters": "json",
    "budget_seconds": "real",
    "budget_memory_mb": "real",
    "budget_threads": "int",
    "scoring_version": "text",
    "noise_definition": "text",
    "candidates": "json",
    "printed_bytes": "int",
    "extras": "json",
    "started_at": "text",
    "environment": "json",
    "complaint": "text?",
    "method_source": "text?",
    "judged_here": "bool?",
    "undefined_train": "int?",
    "perturbation": "json",
    "identifiable": "bool?",
    "progress": "json",
    "reports": "json",
    "recovered_any": "bool?",
    "right_candidates": "int?",
}
#: Columns that exports of earlier versions lack; a row without them is read all the same.
ADDED_COLUMNS: Final = (
    "complaint", "method_source", "judged_here", "undefined_train", "perturbation", "identifiable", "progress",
    "reports", "recovered_any", "right_candidates",
)  # fmt: skip
#: What rows without an added column have in it, where it is not nothing.
VALUES_OF_OLD: Final = {"perturbation": "{}", "progress": "[]", "reports": "[]"}
#: Columns of lists; other JSON is an object.
_LISTS: Final = ("candidates", "progress", "reports")


def checked_columns(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return some columns of a row, as `Record.to_row` gives them, each checked against its type.

    Raises:
        StoreError: there is no such column, or a value has the wrong type.
    """
    for name in values:
        if name not in COLUMNS:
            raise StoreError(f"a record has an unknown column {name!r}.{suggest(str(name), COLUMNS)}")
    return {name: _plain(name, COLUMNS[name], _typed(name, COLUMNS[name], value)) for name, value in values.items()}


#: SQLite and Parquet hold whole numbers of 64 bits.
_LARGEST_INT: Final = 2**63 - 1


def _plain(name: str, kind: str, value: Any) -> Any:
    if kind == "json":
        try:
            return json.dumps(list(value) if isinstance(value, tuple) else dict(value), sort_keys=True, allow_nan=False)
        except (TypeError, ValueError, RecursionError) as error:
            raise StoreError(f"a record's {name} must be plain JSON: {error}") from None
    value = _typed(name, kind, value)
    return int(value) if isinstance(value, bool) else value


def _typed(name: str, kind: str, value: Any) -> Any:
    """Return a value as a record holds it, or refuse it. An empty text where there may be none is None."""
    base = kind.rstrip("?")
    if value is None and kind.endswith("?"):
        return None
    if base == "text" and isinstance(value, str):
        if name == "status" and value not in Status.__members__.values():
            raise StoreError(f"a record's status must be one of {', '.join(Status)}, got {value!r:.80}")
        if not value and kind.endswith("?"):
            return None
        # half of a surrogate pair, as in a hostile message, is no text that a file can hold
        return str(value) if value.isascii() else value.encode("utf-8", "backslashreplace").decode()
    if base == "int" and isinstance(value, int) and not isinstance(value, bool) and abs(value) <= _LARGEST_INT:
        return value
    if base == "bool" and isinstance(value, int) and value in (0, 1):
        return bool(value)
    if base == "real" and isinstance(value, int | float) and not isinstance(value, bool):
        try:
            number = float(value)
        except OverflowError:
            number = math.inf
        if math.isfinite(number):
            return number
    if base == "json":
        content = _json(value)
        if name == "candidates" and isinstance(content, list) and all(isinstance(item, str) for item in content):
            return content
        if name == "metrics" and isinstance(content, dict):
            return {metric: _typed(f"metric {metric!r:.40}", "real?", number) for metric, number in content.items()}
        if name == "perturbation" and isinstance(content, dict):
            return _perturbation(content)
        if name == "progress" and isinstance(content, list):
            return checked_progress(content)
        if name == "reports" and isinstance(content, list):
            return checked_reports(content)
        if name not in (*_LISTS, "metrics") and isinstance(content, dict):
            return content
    raise StoreError(f"a record's {name} must be {_KINDS[kind]}, got {value!r:.80}")


def _perturbation(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Return the settings of a perturbation as all records have them, so that one run has one key."""
    try:
        return Perturbation.of(settings).settings
    except UsageError as error:
        raise StoreError(f"a record's perturbation is none: {error}") from None


_KINDS: Final = {
    "text": "text",
    "text?": "text or empty",
    "int": "a whole number of 64 bits",
    "int?": "a whole number of 64 bits, or empty",
    "real": "a finite number",
    "real?": "a finite number, or empty",
    "bool?": "0, 1 or empty",
    "json": "JSON of its kind",
}


def _json(value: Any) -> Any:
    """Return the content of a JSON text, or of a value that is JSON; None where it is not (NaN is not)."""
    try:
        return json.loads(value if isinstance(value, str) else json.dumps(value), parse_constant=_no_constant)
    except (TypeError, ValueError, RecursionError):
        return None


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is no JSON")
