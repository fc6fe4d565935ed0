"""Records for tests: made by hand, by the thousand, and by Hypothesis."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import Any

from hypothesis import strategies as st

from srbench_lite.judging.scores import Scores
from srbench_lite.problems.perturbation import Perturbation
from srbench_lite.recording.column_cache import pack
from srbench_lite.recording.progress import entry
from srbench_lite.recording.record import NAMES, Record, Status
from srbench_lite.recording.run_key import RunKey
from srbench_lite.recording.store import Store

SCORES = frozenset(field.name for field in dataclasses.fields(Scores))

#: What `record()` says of a formula that is the truth.
GOOD: dict[str, Any] = {
    "verdict": "exact",
    "verdict_by": "aligned",
    "aligned": "sin(x)",
    "recovered": True,
    "recovered_srbench": True,
    "mse_test": 0.0,
    "nmse_test": 0.0,
    "r2_test": 1.0,
    "solved_r2": True,
    "mse_far": 0.0,
    "nmse_far": 0.0,
    "r2_far": 1.0,
    "n_far": 100,
    "y_constant": False,
    "complexity": 2,
    "complexity_simplified": 2,
    "complexity_truth": 2,
    "edit_distance": 0.0,
    "undefined_train": 0,
}
#: What tells a run that found nothing from one that did.
NOTHING: dict[str, Any] = {"expression": None, "stopped": None, "scores": Scores()}


def record(**changes: Any) -> Record:
    """Return a record of a run that recovered `sin/plain`, with some fields or scores changed; its key fits."""
    scores = changes.pop("scores", None) or Scores(**GOOD)
    scores = dataclasses.replace(scores, **{name: changes.pop(name) for name in [*changes] if name in SCORES})
    parts: dict[str, Any] = {
        "suite": "sin",
        "task": "sin/plain",
        "method": "good",
        "seed": 0,
        "noise": 0.0,
        "status": Status.OK,
        "reason": None,
        "expression": "sin(x)",
        "stopped": "done",
        "seconds": 1.5,
        "cpu_seconds": 1.25,
        "cell_seconds": 2.0,
        "peak_mb": 200.0,
        "task_version": 1,
        "truth": "sin(x)",
        "method_version": "1",
        "parameters": {"degree": 3},
        "budget_seconds": 60.0,
        "budget_memory_mb": 4096.0,
        "budget_threads": 1,
        "scoring_version": "1.1",
        "noise_definition": "normal",
        "candidates": ("x", "sin(x)"),
        "printed_bytes": 0,
        "extras": {},
        "started_at": "2026-01-01T00:00:00+00:00",
        "complaint": None,
        "method_source": "0123456789abcdef",
        "judged_here": True,
        "perturbation": {},
        "identifiable": True,
        "environment": {"python": "3.11.7", "host": "here", "jobs": 1, "packages": {"numpy": "2.0"}},
    } | changes
    parts.setdefault("task_fingerprint", f"fingerprint of {parts['task']} {parts['task_version']}")
    parts.setdefault("key", key_of(parts))
    return Record(scores=scores, **parts)


def key_of(parts: dict[str, Any]) -> str:
    """Return the key that fits these fields of a record."""
    return RunKey(**{field.name: parts[field.name] for field in dataclasses.fields(RunKey)}).digest


def failure(status: Status = Status.CRASHED, reason: str = "ValueError: no", **changes: Any) -> Record:
    """Return a record of a run that brought no formula."""
    return record(**(NOTHING | {"status": status, "reason": reason} | changes))


def many(n: int, *, distinct: bool = False) -> Iterator[Record]:
    """Yield n records: 5 methods, 20 seeds, 4 noise levels, as many tasks as it takes.

    All have one truth, or, if asked, each task a truth of its own.
    """
    for i in range(n):
        rest, method = divmod(i, 5)
        rest, seed = divmod(rest, 20)
        task, noise = divmod(rest, 4)
        shared: dict[str, Any] = {
            "suite": f"suite{task % 5}",
            "task": f"suite{task % 5}/task-{task}",
            "method": f"method-{method}",
            "seed": seed,
            "noise": (0.0, 0.001, 0.01, 0.1)[noise],
        } | ({"truth": f"sin({task + 1}*x)"} if distinct else {})
        if i % 17 == 0:
            yield failure(**shared)
        else:
            r2 = 1.0 - (i % 1000) / 1e4
            good = i % 3 == 0
            verdict = "exact" if good else "different"
            yield record(r2_test=r2, verdict=verdict, recovered=good, complexity=i % 30 + 1, **shared)


def multiply(store: Store, copies: int) -> None:
    """Add copies of all records of a store, on tasks of their own and with other numbers: faster than `many` by far."""
    random = "CASE WHEN {0} IS NULL THEN NULL ELSE abs(random()) / 9.3e18 END"
    numbers = (
        "mse_test",
        "nmse_test",
        "r2_test",
        "mse_far",
        "nmse_far",
        "r2_far",
        "seconds",
        "cell_seconds",
        "peak_mb",
    )
    changed = {name: random.format(name) for name in numbers} | {
        "key": "printf('%s-%d', substr(key, 1, 29), :copy)",
        "task": "task || '-' || :copy",
        "task_fingerprint": "task_fingerprint || :copy",
        "truth": "truth || ' + x**' || :copy",
        "started_at": "strftime('%Y-%m-%dT%H:%M:%S', 1767225600 + id + :copy * 86400, 'unixepoch') || '+00:00'",
    }
    names = [row[1] for row in store._fetched("PRAGMA table_info(records)") if row[1] != "id"]
    values = ", ".join(changed.get(name, name) for name in names)
    (last,) = store._fetched("SELECT max(id) FROM records")[0]
    for copy in range(1, copies):
        with store._connection as connection:
            connection.execute("BEGIN IMMEDIATE")
            connection.execute(
                f"INSERT INTO records ({', '.join(names)}) SELECT {values} FROM records WHERE id <= :last",
                {"copy": copy, "last": last},
            )
            pack(connection)


# --- Hypothesis -----------------------------------------------------------------------------------------------------

_text = st.text(st.characters(exclude_categories=["Cs"]), max_size=30) | st.sampled_from(
    ["", 'quoted "text"', "two\nlines", "car\rriage", "\r\n", "a,b;c", "\t", "é – 漢字 🙂", "\0", "NaN", "NA", "1"]
)
#: What can be a name: one line of characters that can be printed.
_name = st.text(st.characters(exclude_categories=["C", "Z"], include_characters=" "), max_size=30)
_some_text = _text.map(lambda text: text or None)  # an empty text is no text
_real = st.floats(allow_nan=False, allow_infinity=False)
_int = st.integers(-(2**63) + 1, 2**63 - 1)
_json = st.dictionaries(
    _text,
    st.recursive(
        st.none() | st.booleans() | st.integers() | _real | _text,
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_text, inner, max_size=3),
        max_leaves=5,
    ),
    max_size=3,
)


_entries = st.builds(
    entry, st.floats(1e-3, 1e9), _some_text, verdict=st.none() | st.just("affine"), nmse_test=st.none() | _real,
    r2_test=st.none() | _real, complexity=st.none() | st.integers(1, 10**9),
)  # fmt: skip


def perturbations() -> st.SearchStrategy[Perturbation]:
    """Return any that there can be, with none of all in one of two."""
    return st.builds(
        Perturbation,
        train_size=st.none() | st.integers(1, 10**7),
        dummies=st.integers(0, 100),
        input_noise=st.floats(0, 1e300),
        rescale=st.booleans(),
        outliers=st.floats(0, 0.5),
    ) | st.just(Perturbation())


@st.composite
def records(draw: st.DrawFn) -> Record:
    """Return records with anything in them that their types allow; the keys fit."""
    scores: dict[str, Any] = {}
    for field in dataclasses.fields(Scores):
        kind = str(field.type)
        values: st.SearchStrategy[Any]
        if field.name == "metrics":
            values = st.dictionaries(_text, st.none() | _real, max_size=3)
        elif kind.startswith("str"):
            values = _some_text
        elif kind.startswith("bool"):
            values = st.none() | st.booleans()
        else:
            values = st.none() | (_int if kind.startswith("int") else _real)
        scores[field.name] = draw(values)
    scores["verdict"] = draw(st.sampled_from([None, "exact", "recovered", "affine", "different", "undecided"]))
    if scores["recovered"] is not None:
        scores["recovered"] = scores["verdict"] in ("exact", "recovered")
    parts: dict[str, Any] = {}
    for field in dataclasses.fields(Record):
        kind = str(field.type)
        if field.name in ("key", "scores"):
            continue
        if field.name == "status":
            values = st.sampled_from(Status)
        elif field.name == "started_at":
            values = st.datetimes(timezones=st.just(UTC)).map(datetime.isoformat)
        elif field.name in NAMES:
            values = _name if "None" not in kind else _name.map(lambda text: text or None)
        elif field.name == "candidates":
            values = st.lists(_text, max_size=3).map(tuple)
        elif field.name == "progress":
            values = st.lists(_entries, max_size=3, unique_by=lambda one: one["seconds"]).map(
                lambda entries: tuple(sorted(entries, key=lambda one: one["seconds"]))
            )
        elif field.name == "reports":
            values = st.lists(st.tuples(st.floats(0, 1e9), _text), max_size=3).map(lambda some: tuple(sorted(some)))
        elif field.name == "perturbation":
            values = perturbations().map(lambda one: one.settings)
        elif kind.startswith("Mapping"):
            values = _json
        elif kind.startswith("str"):
            values = _some_text if "None" in kind else _text
        elif kind.startswith("int"):
            values = _int
        elif kind.startswith("bool"):
            values = st.booleans() | st.none() if "None" in kind else st.booleans()
        else:
            values = st.none() | _real if "None" in kind else _real
        parts[field.name] = draw(values)
    parts["task"] = f"{parts['suite']}/{parts['task']}"
    for name in ("seconds", "cpu_seconds", "cell_seconds"):
        parts[name] = abs(parts[name])
    return Record(key=key_of(parts), scores=Scores(**scores), **parts)


def claimed(before: Iterable[Record]) -> list[Record]:
    """Return records as a file has them: claims."""
    return [dataclasses.replace(r, judged_here=False) for r in before]
