"""`RunTable`: which runs count, and what variants of a method are called. Every comparison starts from it.

Runs on an older definition of a task are left out. So are runs that an older version of the scoring has judged than
the newest among them: verdicts of two judges never stand beside each other.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final, Protocol, Self

import numpy as np
from numpy.typing import NDArray

from srbench_lite.judging.verdict import scoring_age
from srbench_lite.problems.perturbation import Perturbation
from srbench_lite.recording.column_codec import column_of
from srbench_lite.recording.record import Record

if TYPE_CHECKING:
    import pandas as pd

    from srbench_lite.recording.store import Store

__all__ = [
    "VARIANT", "RunTable", "counted", "current_rows", "perturbation_of", "perturbation_places", "plain_number",
    "required_columns", "variant_names",
]  # fmt: skip


#: What tells two variants of one method apart, and how each is shown behind the method's name.
VARIANT: Final = {
    "method_version": "version {}",
    "parameters": "{}",
    "budget_seconds": "{} s",
    "budget_memory_mb": "{} MiB",
    "budget_threads": "{} threads",
}


class _Columns(Protocol):
    """Columns of runs by name."""

    def __getitem__(self, name: str, /) -> Any: ...


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class RunTable:
    """Runs that count.

    Attributes:
        runs: one row a run, with the columns that were asked for: texts as categories, numbers as floats, NaN where
            there is none. `method` carries what tells variants of one method apart, `variant_of` does not; `id` is the
            record's number in the store, or in the list that it comes from.
        left_out: number of runs on older definitions of a task.
        scored_otherwise: number of the other runs that an older version of the scoring has judged.
        not_shown: number of tasks that `identifiable` left out.
        marks: what runs had found at their marks (`srbench_lite.comparing.over_time`); None where that was not read.
    """

    runs: pd.DataFrame
    left_out: int = 0
    scored_otherwise: int = 0
    not_shown: int = 0
    marks: pd.DataFrame | None = None

    @classmethod
    def from_store(
        cls, store: Store, columns: Sequence[str], *, suites: Sequence[str] = (), methods: Sequence[str] = (),
        keys: Iterable[str] | None = None,
    ) -> Self:  # fmt: skip
        """Read them from a store: of all records, or of those of some suites, methods or keys."""
        with store.columns() as table:
            chosen = np.ones(len(table["id"]), dtype=np.bool_)
            for name, wanted in (("suite", suites), ("method", methods)):
                if wanted:
                    chosen &= table[name].isin(wanted)
            if keys is not None:
                chosen &= np.isin(table["id"], store.ids(keys))
            return cls._of(table, columns, chosen)

    @classmethod
    def from_records(cls, records: Iterable[Record], columns: Sequence[str], *, methods: Sequence[str] = ()) -> Self:
        """Take them from records: from all, or from those of some methods."""
        names = required_columns(columns)
        rows = [tuple(row[name] for name in names) for row in (r.to_row() for r in records)]
        return cls.from_rows(rows, columns, methods=methods)

    @classmethod
    def from_rows(cls, rows: Sequence[tuple[Any, ...]], columns: Sequence[str], *, methods: Sequence[str] = ()) -> Self:
        """Take them from rows with the columns `required_columns(columns)`: from all, or from those of some methods."""
        names = required_columns(columns)
        values = dict(zip(names, zip(*rows, strict=True), strict=True)) if rows else dict.fromkeys(names, ())
        table = {"id": column_of("id", range(len(rows)))} | {n: column_of(n, v) for n, v in values.items()}
        chosen = np.asarray(table["method"].isin(methods), dtype=np.bool_) if methods else None
        return cls._of(table, columns, chosen)

    @classmethod
    def _of(cls, table: _Columns, columns: Sequence[str], chosen: NDArray[np.bool_] | None = None) -> Self:
        """Take those that count from columns of all; which ones count is decided before some of them are chosen."""
        import pandas as pd

        defined = _current(table)
        judged = _newest_scoring(table, defined)
        chosen = np.ones(len(defined), dtype=np.bool_) if chosen is None else chosen
        left_out, others = int((chosen & ~defined).sum()), int((chosen & defined & ~judged).sum())
        counts = chosen & judged
        counting = table if counts.all() else _Selection(table, counts)
        shown = {name: counting[name] for name in columns if name != "method"}
        methods = {"method": _labelled(counting), "variant_of": counting["method"]}
        runs = pd.DataFrame({"id": counting["id"]} | shown | methods, copy=False)
        return cls(runs=runs, left_out=left_out, scored_otherwise=others)

    def newest(self) -> Self:
        """Return them with one variant for each method: that of its last run. Needs the column `started_at`."""
        runs = self.runs.assign(started_at=self.runs["started_at"].cat.codes)
        last = runs.groupby(["variant_of", "method"], observed=True)["started_at"].max().reset_index()
        last = last.sort_values(["variant_of", "started_at", "method"]).drop_duplicates("variant_of", keep="last")
        return replace(self, runs=self.runs[self.runs["method"].isin(last["method"])].reset_index(drop=True))

    def identifiable(self, not_shown: Collection[str] = ()) -> Self:
        """Return those on tasks whose points can show the truth. Needs `identifiable` and `task_fingerprint`.

        Args:
            not_shown: fingerprints of tasks that cannot, whatever their records say.
        """
        hidden = self.runs["task_fingerprint"].isin(list(not_shown))
        if "identifiable" in self.runs:  # a baseline does not have it
            hidden |= self.runs["identifiable"].astype(float) == 0
        count = int(self.runs.loc[hidden, "task"].nunique())
        return replace(self, runs=self.runs[~hidden].reset_index(drop=True), not_shown=count)

    @property
    def remarks(self) -> tuple[str, ...]:
        """One sentence for each kind of runs that do not count, for people."""
        sentences = []
        if self.left_out:
            what = "older definitions of their tasks are" if self.left_out > 1 else "an older definition of its task is"
            sentences.append(f"{counted(self.left_out, 'run')} on {what} left out.")
        if self.scored_otherwise:
            are, them = ("are", "them") if self.scored_otherwise > 1 else ("is", "it")
            sentences.append(
                f"{counted(self.scored_otherwise, 'run')} scored by an older version {are} left out; "
                f"`srbench rescore` judges {them} again."
            )
        if self.not_shown:
            are = "are" if self.not_shown > 1 else "is"
            which = f"{counted(self.not_shown, 'task')} whose truth points in float64 cannot show"
            sentences.append(f"{which} {are} left out.")
        return tuple(sentences)


def required_columns(columns: Sequence[str]) -> tuple[str, ...]:
    """Return these columns and those that decide which runs count and what methods are called."""
    deciding = ("task", "method", *VARIANT, "task_version", "task_fingerprint", "scoring_version", "started_at")
    return tuple(dict.fromkeys((*columns, *deciding)))


def _current(table: _Columns) -> NDArray[np.bool_]:
    """Return which runs are on the newest definition of their task: the highest version, then the one run last.

    Returns:
        (n,)
    """
    import pandas as pd

    task, fingerprint = table["task"].codes, table["task_fingerprint"].codes
    wanted = np.zeros(len(table["task"].categories), dtype=fingerprint.dtype)
    wanted[task] = fingerprint
    if not (wanted[task] == fingerprint).all():
        ages = {"version": table["task_version"], "started": table["started_at"].codes}
        runs = pd.DataFrame({"task": task, "fingerprint": fingerprint} | ages)
        newest = runs.sort_values(["task", "version", "started", "fingerprint"]).drop_duplicates("task", keep="last")
        wanted[newest["task"]] = newest["fingerprint"]
    return np.asarray(wanted[task] == fingerprint)


def _newest_scoring(table: _Columns, defined: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return which runs on the newest definitions were judged by the newest version of the scoring among them."""
    versions = table["scoring_version"]
    if len(versions.categories) < 2:
        return defined
    present = versions[defined].remove_unused_categories().categories
    if len(present) < 2:
        return defined
    judged: NDArray[np.bool_] = defined & np.asarray(versions == max(present, key=scoring_age), dtype=np.bool_)
    return judged


def _labelled(table: _Columns) -> pd.Categorical:
    """Return the method of each run; if there are several variants of it, with what tells them apart."""
    import pandas as pd

    columns = {name: table[name] for name in ("method", *VARIANT)}
    kind = np.zeros(len(columns["method"]), dtype=np.int64)
    for column in columns.values():
        values = column.codes if isinstance(column, pd.Categorical) else column
        if len(values) and not (values == values[0]).all():
            codes, different = pd.factorize(values)
            kind = pd.factorize(kind * len(different) + codes)[0]
    first = np.flatnonzero(~pd.Series(kind).duplicated())  # kinds are numbered as they appear
    kinds = [dict(zip(columns, row, strict=True)) for row in zip(*(c[first] for c in columns.values()), strict=True)]
    names = _labels(kinds)
    known = sorted(set(names))
    order = {name: place for place, name in enumerate(known)}
    places = np.array([order[name] for name in names], dtype=np.int32)
    return pd.Categorical.from_codes(places[kind], categories=pd.Index(known, dtype=object))


def _labels(kinds: Sequence[Mapping[str, Any]]) -> list[str]:
    """Return the name of each variant of each method, no two alike."""
    methods: dict[str, list[int]] = {}
    for place, kind in enumerate(kinds):
        methods.setdefault(kind["method"], []).append(place)
    names = [""] * len(kinds)
    for method, places in methods.items():
        several = [kinds[place] for place in places]
        differing = [name for name in VARIANT if len({variant[name] for variant in several}) > 1]
        parameters = [
            {name: json.dumps(value) for name, value in json.loads(variant["parameters"]).items()}
            for variant in several
        ]
        varied = [
            name
            for name in sorted({name for own in parameters for name in own})
            if len({own.get(name) for own in parameters}) > 1
        ]
        for place, variant, own in zip(places, several, parameters, strict=True):
            settings = [f"{name}={json.loads(own[name])}" if name in own else f"no {name}" for name in varied]
            shown = {**variant, "parameters": ", ".join(settings)}
            texts = [VARIANT[name].format(plain_number(shown[name])) for name in differing]
            names[place] = f"{method} [{', '.join(texts)}]" if texts else method
    return names


def variant_names(runs: Sequence[Mapping[str, Any]]) -> list[str]:
    """Return what the method of each run is called: with what tells it apart from other variants in these runs.

    Args:
        runs: each with `method` and the columns of `VARIANT`, as they stand in a store.
    """
    kinds = [tuple(run[name] for name in ("method", *VARIANT)) for run in runs]
    different = list(dict.fromkeys(kinds))
    labels = _labels([dict(zip(("method", *VARIANT), kind, strict=True)) for kind in different])
    names = dict(zip(different, labels, strict=True))
    return [names[kind] for kind in kinds]


class _Selection:
    """Some rows of a table."""

    def __init__(self, table: _Columns, rows: NDArray[np.bool_]) -> None:
        self._table = table
        self._rows = rows

    def __getitem__(self, name: str) -> Any:
        return self._table[name][self._rows]


def plain_number(value: Any) -> Any:
    """Return 60 for 60.0; a number that needs more than six digits keeps them."""
    return f"{value:g}" if isinstance(value, float) and float(f"{value:g}") == value else value


@lru_cache(maxsize=1024)
def perturbation_of(settings: str) -> Perturbation:
    """Return the perturbation whose settings a record holds as JSON text."""
    return Perturbation.of(json.loads(settings))


def perturbation_places(runs: pd.DataFrame) -> NDArray[np.int64]:
    """Return for each run the place of its perturbation in tables, (n,): none first, then by what is changed."""
    column = runs["perturbation"].cat
    order = [perturbation_of(str(text)).place for text in column.categories]
    places = np.array([sorted(order).index(place) for place in order], dtype=np.int64)
    return np.asarray(places[column.codes.to_numpy()])


def counted(count: int, noun: str) -> str:
    """Return a number and a noun: 1 run, 2 runs, 1,000 runs."""
    return f"{count:,} {noun}{'s' * (count != 1)}"


def current_rows(
    store: Store, columns: Sequence[str], task: str, fingerprint: str | None, methods: Sequence[str]
) -> tuple[list[tuple[Any, ...]], int, int]:
    """Return the rows of a task, as it is defined and scored now.

    Args:
        store: of the records.
        columns: that are returned.
        task: its full name.
        fingerprint: of the task as it is defined now; None where no installed suite has it.
        methods: only these; none for all.

    Returns:
        The rows in the order of the store; how many were left out because they are on another definition of the task,
        and how many because an older version of the scoring judged them.
    """
    every = store.rows((*columns, "scoring_version", "task_fingerprint"), tasks=[task], methods=methods)
    defined = [row for row in every if fingerprint in (None, row[-1])]
    newest = max((row[-2] for row in defined), key=scoring_age, default=None)
    rows = [row[: len(columns)] for row in defined if row[-2] == newest]
    return rows, len(every) - len(defined), len(defined) - len(rows)
