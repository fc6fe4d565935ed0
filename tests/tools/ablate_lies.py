"""What each part of `lies` brings: `python tests/tools/ablate_lies.py --store FILE.db [--rows NAME...]`.

Every row is the method with one part taken away, on the generator's 60 ablation tasks. What stands in the store is not
run again. `--publish` then writes the records without candidates and extras, and
`python tests/tools/make_tables.py` makes the table of the README.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

sys.path.append(str(Path(__file__).resolve().parents[1] / "support"))

from measure_lies import Figures, execute, options
from places import ROOT

from srbench_lite import Budget, Method, Record, Registry, UsageError, discover, plan
from srbench_lite.comparing.ablation import COLUMNS, VariantRow, ablation_of
from srbench_lite.comparing.runs import RunTable
from srbench_lite.recording.exchange import write_records
from srbench_lite.reports.comparison import difference, p_value
from srbench_lite.running.plan import PlannedRun

RECORDS: Final = (ROOT / "results" / "lies_ablation.json",)

#: Rows: what is shown, the method, and the hyper-parameters that differ from its defaults.
_ALONE: Final = {"closed_form": False, "search": False}
ROWS: Final[dict[str, tuple[str, dict[str, Any]]]] = {
    "lies": ("lies", {}),
    "no closed form": ("lies", {"closed_form": False}),
    "no search": ("lies", {"search": False}),
    "no transforms of the target": ("lies", {"transforms": False}),
    "no products and quotients": ("lies", {"products": False}),
    "no snapping": ("lies", {"snap": False}),
    "no network": ("lies", {"network": False}),
    "lies-fast": ("lies-fast", {}),
    "network alone": ("lies", _ALONE),
    "network alone, one restart": ("lies", {**_ALONE, "restarts": 1}),
    "network alone, no sparsity phase": ("lies", {**_ALONE, "sparsify": False}),
    "network alone, no pruning": ("lies", {**_ALONE, "prune": False}),
    "network alone, no oversampling": ("lies", {**_ALONE, "oversample": False}),
    "network alone, no snapping": ("lies", {**_ALONE, "snap": False}),
    "lies-paper": ("lies-paper", {}),
    "paper, one restart": ("lies-paper", {"restarts": 1}),
    "paper, no oversampling": ("lies-paper", {"oversample": False}),
}
#: The rows that others are compared with: each method as it is, and the network alone.
WHOLE: Final = ("lies", "network alone", "lies-fast", "lies-paper")
HEADERS: Final = (
    "variant", "noise", "found", "rate [95 %]", "difference [95 %]", "p", "verdict", "lost / gained", "ratio of s",
    "median s", "failures",
)  # fmt: skip


def variant(registry: Registry, row: str) -> Method:
    """Return the method of a row.

    Raises:
        UsageError: the row changes nothing, or the method has no such hyper-parameter.
    """
    name, changes = ROWS[row]
    method = registry.method(name)
    changed = method.with_parameters(changes)
    if changes and changed.parameters() == method.parameters():
        raise UsageError(f"the row {row!r} is {name} as it is: {changes} are its defaults")
    return changed


def rows_of(records: Sequence[Record]) -> dict[str, list[Record]]:
    """Sort records into rows.

    The defaults of a method are not asked for, so that old records can be read: they are those parameters from which
    all others of the records differ as some row says.

    Raises:
        UsageError: there are none such.
    """
    sorted_in: dict[str, list[Record]] = {}
    for method in dict.fromkeys(name for name, _ in ROWS.values()):
        mine = [record for record in records if record.method == method]
        variants: list[Mapping[str, Any]] = []
        for record in mine:
            if record.parameters not in variants:
                variants.append(record.parameters)
        rows = {row: changes for row, (name, changes) in ROWS.items() if name == method}
        for defaults in variants:
            named = {row: {**defaults, **changes} for row, changes in rows.items()}
            if all(v in named.values() for v in variants):
                sorted_in |= {row: [r for r in mine if r.parameters == wanted] for row, wanted in named.items()}
                break
        else:
            if mine:
                raise UsageError(f"the records of {method} are not those of the rows: run {method} as it is, too")
    return {row: some for row, some in sorted_in.items() if some}


def table(records: Iterable[Record]) -> Iterator[tuple[object, ...]]:
    """Yield a row for each variant and noise, compared with the method as it is as `srbench ablation` does."""
    every = list(records)
    for noise in sorted({record.noise for record in every}):
        rows = rows_of([record for record in every if record.noise == noise])
        compared = {name: found for whole in WHOLE for name, found in _compared(rows, whole)}
        for row, mine in rows.items():
            figures = Figures(mine)
            beside = ["–"] * 5 if row in WHOLE or row not in compared else _beside(compared[row])
            yield row, f"{noise:g}", figures.found, figures.rate, *beside, figures.seconds[0], figures.failures


def _compared(rows: Mapping[str, Sequence[Record]], whole: str) -> Iterator[tuple[str, VariantRow]]:
    """Yield the rows that are compared with a whole method, and it itself, by their names."""
    own = {
        name: some for name, some in rows.items()
        if whole == ("network alone" if name.startswith("network alone") else ROWS[name][0])
    }  # fmt: skip
    if whole in own:
        runs = RunTable.from_records([record for some in own.values() for record in some], COLUMNS).runs
        ablation = ablation_of(runs, defaults=own[whole][0].parameters)
        for name, some in own.items():
            yield name, next(row for row in ablation.rows if row.parameters == some[0].parameters)


def _beside(row: VariantRow) -> list[str]:
    """Return difference, p, verdict, lost and gained tasks, and the ratio of seconds, as `srbench ablation` does."""
    assert row.line is not None
    assert row.p_value is not None
    ratio = "–" if row.seconds_ratio is None else f"×{row.seconds_ratio:.2g}"
    return [
        difference(row.line), p_value(row.p_value), row.line.verdict.value, f"{len(row.lost)} / {len(row.gained)}",
        ratio,
    ]  # fmt: skip


def cells(registry: Registry, rows: Iterable[str], *, seconds: float, noise: float) -> list[PlannedRun]:
    """List the runs of some rows on the ablation tasks."""
    from lies_generator import ABLATION

    methods = [variant(registry, row) for row in rows]
    return list(plan(methods, ABLATION, seeds=[0], noises=[noise], budget=Budget(seconds=seconds)))


def main() -> int:
    parser = options(__doc__)
    parser.add_argument(
        "--rows", nargs="+", default=list(ROWS), choices=ROWS, metavar="NAME", help="of the table above"
    )
    parser.add_argument("--seconds", type=float, default=12.0, help="wall clock of one fit")
    parser.add_argument("--noise", type=float, default=0.0, help="fraction of the RMS of y")
    arguments = parser.parse_args()
    registry = discover()
    planned = cells(registry, arguments.rows, seconds=arguments.seconds, noise=arguments.noise)
    records = execute(planned, registry, store=arguments.store, jobs=arguments.jobs)
    if records is not None and arguments.publish:
        print(f"{write_records(records, *RECORDS, form='json')} records written to {RECORDS[0]}")
    return 130 if records is None else 0


if __name__ == "__main__":
    sys.exit(main())
