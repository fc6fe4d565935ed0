"""LaTeX tables of a paper: booktabs and siunitx, the best in bold, what is not significantly worse marked."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from srbench_lite.comparing.leaderboard import (
    ALL_SUITES,
    CLAIMED,
    LOW_SHARE,
    Leaderboard,
    Row,
    is_low,
    on_all_tasks,
    remarks_on,
)
from srbench_lite.comparing.metrics import METRICS
from srbench_lite.comparing.runs import perturbation_of
from srbench_lite.comparing.statistics import holm, rank_biserial, signed_rank
from srbench_lite.reports.latex import escape, prose
from srbench_lite.reports.paper.bibliography import citation, keys_of
from srbench_lite.reports.paper.data import at_least_noise
from srbench_lite.reports.paper.formula import DIGITS, cut, typeset
from srbench_lite.reports.series import on_shared_tasks

if TYPE_CHECKING:
    import pandas as pd

    from srbench_lite.comparing.runs import RunTable
    from srbench_lite.methods.method import Method
    from srbench_lite.problems.perturbation import Perturbation

__all__ = ["TABLES", "macros"]

_LONG_NAME: Final = 40  # characters of a task's name that need no break
_MARK: Final = r"\textsuperscript{\dag}"
_LEGEND: Final = (
    rf"Bold: the best; {_MARK}: not significantly worse than the best (signed ranks over tasks, Holm, 5\,\%)."
)
_OVERALL: Final = "All suites: an average over formulas; one that stands in several tasks counts once."
_CLOCK: Final = "Clock: runs whose search the clock ended; core: share of a core that the fits got."


def summary(run_table: RunTable) -> str:
    """Return a table for each suite and noise level: recovery, error, size and time of each method."""
    board = Leaderboard.of(run_table)
    return "\n".join(_summary(suite, noise, board, run_table.runs) for suite, noise in board.suites)


def _summary(suite: str, noise: float, board: Leaderboard, runs: pd.DataFrame) -> str:
    rows = [row for row in board.rows if (row.suite, row.noise) == (suite, noise)]
    perturbed = any(row.perturbation for row in rows)
    own = runs[runs["suite"] == suite]
    marks = {one: _best(_under(own, noise, one)) for one in {row.perturbation for row in rows}}
    lines = [
        " & ".join([
            escape(row.method), *([escape(str(row.perturbation))] if perturbed else []),
            _marked(
                _percent(row.recovery), row.method in marks[row.perturbation][0],
                row.method in marks[row.perturbation][1], row.claims,
            ),
            _interval(row), _r2(row.r2_test), _error(row.nmse_test), _plain(row.complexity), _seconds(row.seconds),
            str(row.by_clock), _core(row),
        ])
        for row in rows
    ]  # fmt: skip
    caveats = prose(" ".join(remarks_on(rows)))
    tasks = max(row.tasks for row in rows)
    return _table(
        f"l{'l' * perturbed}Sl "
        "S[table-format=-1.4] S[table-format=1.0e-2] S[table-format=3.1] S[table-format=3.3] S[table-format=3.0] l",
        [
            "method",
            *["perturbation"] * perturbed,
            r"{recovery, \%}",
            r"[95\,\%]",
            "{$R^2$}",
            "{NMSE}",
            "{nodes}",
            "{seconds}",
            "{clock}",
            "core",
        ],
        lines,
        f"{escape(suite)}, noise {noise:g}, {tasks} task{'s' * (tasks != 1)}: share of runs that recovered the truth, "
        rf"with its Wilson interval over tasks, and medians of the rest. {_LEGEND} {_CLOCK} {caveats}".rstrip(),
        f"{suite}-{noise:g}",
    )


def _best(runs: pd.DataFrame, unit: str = "task") -> tuple[set[str], set[str]]:
    """Return the methods with the highest recovery rate, and the others that are not significantly worse."""
    table = _recovered(runs, unit)
    if table.empty:
        return set(), set()
    means = table.mean().round(9)
    best = set(means.index[means == means.max()])
    first = min(best)
    others = [name for name in table.columns if name not in best]
    both = [table[[first, name]].dropna() for name in others]
    tests = holm(
        [signed_rank((pair[name] - pair[first]).to_numpy(), "less") for name, pair in zip(others, both, strict=True)]
    )
    return best, {name for name, p, pair in zip(others, tests, both, strict=True) if p > 0.05 and len(pair)}


def _recovered(runs: pd.DataFrame, unit: str = "task") -> pd.DataFrame:
    """Return the recovery rate by task and method, or by formula and method: then tasks of one formula are averaged."""
    values = runs.assign(value=METRICS["recovery"].of(runs)).dropna(subset=["value"])
    index = list(dict.fromkeys([unit, "task"]))
    table = values.pivot_table(index=index, columns="method", values="value", aggfunc="mean", observed=True)
    return table if unit == "task" else table.groupby(level=unit).mean()


def overview(run_table: RunTable) -> str:
    """Return one table for each noise level and perturbation: recovery on each suite, and on all together."""
    board = Leaderboard.of(run_table)
    runs, parts = run_table.runs, []
    every = (*board.rows, *board.overall)
    together, _ = on_all_tasks(runs)
    suites = list(dict.fromkeys(row.suite for row in every))
    for noise, perturbation in _conditions(every):
        level = {(r.method, r.suite): r for r in every if (r.noise, r.perturbation) == (noise, perturbation)}
        rates = {key: row.recovery for key, row in level.items()}
        claims = {key: row.claims for key, row in level.items()}
        own, all_own = (_under(table, noise, perturbation) for table in (runs, together))
        marks = {suite: _best(own[own["suite"] == suite]) for suite in suites}
        marks |= {ALL_SUITES: _best(all_own, "formula")}
        run_suites = [suite for suite in suites if any(key[1] == suite for key in rates)]
        lines = [
            " & ".join(
                [
                    escape(method),
                    *(
                        _marked(
                            _percent(rates.get((method, suite))),
                            method in marks[suite][0],
                            method in marks[suite][1],
                            claims.get((method, suite)),
                        )
                        for suite in run_suites
                    ),
                ]
            )
            for method in sorted({method for method, _ in rates})
        ]
        parts.append(_table(
            "l" + "S" * len(run_suites), ["method", *(f"{{{escape(suite)}}}" for suite in run_suites)], lines,
            rf"Recovery rate in \%, noise {noise:g}{_behind(', ', perturbation)}. {_LEGEND} "
            rf"{_OVERALL if ALL_SUITES in run_suites else ''} {_claimed(level.values())}".rstrip(),
            f"recovery-{noise:g}{_behind('-', perturbation)}".replace(", ", "-").replace(" ", "-"),
        ))  # fmt: skip
    return "\n".join(parts)


def _conditions(rows: Iterable[Row]) -> list[tuple[float, Perturbation]]:
    found = {(row.noise, row.perturbation) for row in rows}
    return sorted(found, key=lambda condition: (condition[0], condition[1].place))


def _under(runs: pd.DataFrame, noise: float, perturbation: Perturbation) -> pd.DataFrame:
    """Return the runs at a noise level with a perturbation."""
    texts = [text for text in runs["perturbation"].cat.categories if perturbation_of(text) == perturbation]
    return runs[(runs["noise"] == noise) & runs["perturbation"].isin(texts)]


def _behind(sign: str, perturbation: Perturbation) -> str:
    return f"{sign}{perturbation}" if perturbation else ""


def _claimed(rows: Iterable[Row]) -> str:
    """Return what the mark of claims means, where there are any."""
    return next((prose(remark) for remark in remarks_on([*rows]) if remark.startswith(CLAIMED)), "")


def pairwise(run_table: RunTable) -> str:
    """Return a table of pairs: on how many tasks one recovers more often, with Holm's p-values; least noise."""
    table = _recovered(on_shared_tasks(at_least_noise(run_table.runs)))
    names = list(table.columns)
    pairs = [(a, b) for k, a in enumerate(names) for b in names[k + 1 :]]
    differences = [(table[a] - table[b]).to_numpy() for a, b in pairs]
    p_values = holm([signed_rank(difference) for difference in differences])
    lines = [
        " & ".join([
            escape(a), escape(b), str(int((d > 0).sum())), str(int((d == 0).sum())), str(int((d < 0).sum())),
            f"{100 * d.mean():.1f}", f"{rank_biserial(d):.2f}", _p_value(p),
        ])
        for (a, b), d, p in zip(pairs, differences, p_values, strict=True)
    ]  # fmt: skip
    return _table(
        "ll*{3}{S[table-format=4.0]} S[table-format=-3.1] S[table-format=-1.2] l",
        ["A", "B", "{A}", "{tie}", "{B}", "{points}", "{effect}", "$p$ (Holm)"],
        lines,
        f"Pairs of methods on the {len(table)} tasks that all methods ran on, at the lowest noise level: the number "
        "of tasks on which A or B recovers the truth more often, the difference A - B in points, the rank-biserial "
        "correlation, and the two-sided signed-rank test.",
        "pairwise",
    )


def problems(
    run_table: RunTable, formulas: Mapping[int, tuple[str | None, str | None]], groups: Iterable[Mapping[str, Any]]
) -> str:
    """Return a longtable of tasks: the truth, and of each method how often it was recovered, and its best formula."""
    lines, before = [], ""
    for group in groups:
        if group["task"] != before:
            lines += [
                r"\addlinespace" if before else "",
                r"\multicolumn{3}{@{}p{0.97\linewidth}@{}}{\raggedright"
                rf"\texttt{{{_breakable(group['task'])}}}: {typeset(group['truth'])}}} \\*",
            ]
            before = group["task"]
        text, reason = formulas.get(group["id"], (None, None))
        hits = "--" if group["hits"] is None else f"{group['hits']}/{group['n']}"
        odd = rf" \emph{{({escape(group['odd'])})}}" if group["odd"] else ""
        shown = (
            f"{typeset(text)}{odd}" if text is not None else rf"\emph{{{escape(cut(reason or group['status'], 60))}}}"
        )
        lines.append(rf"\quad {escape(group['method'])} & {hits} & {shown} \\[2pt]")
    head = r"method & recovered & best formula \\"
    return "\n".join([
        r"\begingroup\small\setlength{\tabcolsep}{4pt}\setlength{\extrarowheight}{3pt}",
        r"\setlength{\normallineskip}{4pt}\setlength{\lineskiplimit}{2pt}",  # fractions do not touch
        r"\begin{longtable}{@{}lc>{\raggedright\arraybackslash}p{0.66\linewidth}@{}}",
        rf"\caption{{Tasks and formulas, noise {run_table.runs['noise'].min():g}: how many runs recovered "
        rf"the truth, and the best formula; numbers have {DIGITS} digits.}}\label{{tab:problems}}\\",
        rf"\toprule {head} \midrule\endfirsthead",
        rf"\toprule {head} \midrule\endhead",
        r"\bottomrule\endfoot",
        *[line for line in lines if line],
        r"\end{longtable}\endgroup",
        "",
    ])  # fmt: skip


def _breakable(name: str) -> str:
    """Return a name that, where it is long, may be broken after the signs between its parts."""
    if len(name) <= _LONG_NAME:
        return escape(name)
    return re.sub(r"(/|-|\\_)", r"\1\\allowbreak{}", escape(name))


def methods(known: Mapping[str, Method], used: Sequence[str], versions: Mapping[str, str]) -> str:
    """Return a table of methods with their citations."""
    keys = keys_of(known[name] for name in used if name in known)
    lines = [
        " & ".join([
            escape(name), escape(versions.get(name, "")),
            escape(known[name].summary) if name in known else "not installed",
            citation(known[name], keys) if name in known else "--",
        ])
        for name in used
    ]  # fmt: skip
    return _table(
        r"ll>{\raggedright\arraybackslash}p{0.5\linewidth}l", ["method", "version", "what it does", "source"], lines,
        "Methods.", "methods",
    )  # fmt: skip


def macros(run_table: RunTable) -> str:
    r"""Return definitions for prose: `\srb{lies/sin/0/recovery}` is a number of the leaderboard."""
    lines = [
        r"% numbers for the text: \srb{METHOD/SUITE/NOISE/WHAT}, such as \srb{lies/sin/0/recovery};",
        r"% of perturbed runs \srb{METHOD/SUITE/NOISE/PERTURBATION/WHAT}",
        r"\makeatletter",
        r"\newcommand{\srb}[1]{\@ifundefined{srb@#1}{\textbf{??}\PackageWarning{srbench}{no number #1}}%",
        r"  {\csname srb@#1\endcsname}}",
    ]
    board = Leaderboard.of(run_table)
    for row in (*board.rows, *board.overall):
        numbers = {
            "recovery": _percent(row.recovery), "tasks": str(row.tasks), "runs": str(row.runs), "r2": _r2(row.r2_test),
            "nmse": _error(row.nmse_test), "complexity": _plain(row.complexity), "seconds": _seconds(row.seconds),
            "clock": str(row.by_clock), "core": _percent(row.core_share),
        }  # fmt: skip
        for what, text in numbers.items():
            shown = text if not text or text.startswith("{") else rf"\num{{{text}}}"
            key = f"{_key(row.method)}/{row.suite}/{row.noise:g}{_behind('/', row.perturbation)}/{what}"
            lines.append(rf"\expandafter\def\csname srb@{key}\endcsname{{{shown or '--'}}}")
    return "\n".join([*lines, r"\makeatother", ""])


def _key(method: str) -> str:
    """Return a method's name without what a control sequence cannot hold."""
    return re.sub(r"[\\{}%#~^$&]", "", method)


def provenance(about: Mapping[str, str]) -> str:
    """Return where the numbers come from, as a description list."""
    lines = [rf"\item[{escape(name)}] {escape(text)}" for name, text in about.items()]
    return "\n".join([r"\begin{description}\raggedright\small", *lines, r"\end{description}", ""])


def _table(columns: str, heads: Sequence[str], lines: Sequence[str], caption: str, label: str) -> str:
    return "\n".join([
        r"\begin{table}[htbp]\centering\small",
        rf"\caption{{{caption}}}\label{{tab:{label}}}",
        rf"\begin{{tabular}}{{@{{}}{columns}@{{}}}}",
        r"\toprule",
        " & ".join(heads) + r" \\",
        r"\midrule",
        *(rf"{line} \\" for line in lines),
        r"\bottomrule",
        r"\end{tabular}",
        r"\end{table}",
        "",
    ])  # fmt: skip


def _marked(number: str, best: bool, close: bool, claims: int | None = 0) -> str:
    if not number:
        return "{--}"
    claimed = rf"\textsuperscript{{{CLAIMED}}}" if claims else ""
    shown = rf"\bfseries {number}" if best else f"{number}{_MARK}" if close else number
    return f"{shown}{claimed}"


def _core(row: Row) -> str:
    if row.core_share is None:
        return "--"
    return rf"{100 * row.core_share:.0f}\,\%{LOW_SHARE if is_low(row.core_share) else ''}"


def _percent(rate: float | None) -> str:
    return "" if rate is None else f"{100 * rate:.1f}"


def _interval(row: Row) -> str:
    if row.recovery_interval is None:
        return "--"
    return f"[{100 * row.recovery_interval.low:.0f}, {100 * row.recovery_interval.high:.0f}]"


def _r2(value: float | None) -> str:
    if value is None or not math.isfinite(value):
        return "{--}"
    return f"{math.floor(round(value * 1e4, 6)) / 1e4:.4f}" if value > -99 else f"{value:.0e}"


def _error(value: float | None) -> str:
    return "{--}" if value is None or not np.isfinite(value) else "0" if value == 0 else f"{value:.0e}"


def _plain(value: float | None) -> str:
    return "{--}" if value is None else f"{value:g}"


def _seconds(value: float | None) -> str:
    return "{--}" if value is None else f"{value:.2g}" if value < 100 else f"{value:.0f}"


def _p_value(p: float) -> str:
    return r"$<10^{-4}$" if p < 1e-4 else f"{p:.2g}"


TABLES: Final = ("overview", "summary", "pairwise", "methods", "problems", "provenance")
