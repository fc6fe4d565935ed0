"""Tables of single suites, with the best in bold and what is not significantly worse marked; tables of methods."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Final

from srbench_lite.comparing.leaderboard import remarks_on
from srbench_lite.comparing.metrics import METRICS
from srbench_lite.comparing.runs import counted, perturbation_of, plain_number
from srbench_lite.comparing.statistics import holm, signed_rank
from srbench_lite.reports.latex import escape, prose
from srbench_lite.reports.paper import cells
from srbench_lite.reports.paper.bibliography import citation, keys_of
from srbench_lite.reports.paper.results import Results

if TYPE_CHECKING:
    import pandas as pd

    from srbench_lite.methods.method import Method
    from srbench_lite.problems.perturbation import Perturbation

__all__ = ["hyper_parameters", "methods", "provenance", "summary", "variants"]

_LEGEND: Final = (
    rf"Bold: the best; {cells.MARK}: not significantly worse than the best (signed ranks over tasks, Holm, 5\,\%)."
)
_CLOCK: Final = "Clock: runs whose search the clock ended; core: share of a core that the fits got."
_ALPHA: Final = 0.05


def summary(results: Results) -> str:
    """Return a table for each suite and noise level: recovery, error, size and time of each method."""
    return "\n".join(_summary(suite, noise, results) for suite, noise in results.board.suites)


def _summary(suite: str, noise: float, results: Results) -> str:
    rows = [row for row in results.board.rows if (row.suite, row.noise) == (suite, noise)]
    perturbed = any(row.perturbation for row in rows)
    runs = results.run_table.runs
    own = runs[runs["suite"] == suite]
    rate = any(row.recovery is not None for row in rows)
    metric = "recovery" if rate else "accuracy"
    marks = {one: _best(_under(own, noise, one), metric) for one in {row.perturbation for row in rows}}
    some_any = any(row.recovered_any is not None for row in rows)
    lines = []
    for row in rows:
        best, close = (row.method in names for names in marks[row.perturbation])
        rates = [
            cells.marked(cells.percent(row.recovery), best, close, row.claims),
            cells.interval(row.recovery_interval),
        ]
        any_rate = [cells.percent(row.recovered_any) or "{--}"] if some_any else []
        r2 = cells.r2(row.r2_test) if rate or row.r2_test is None else cells.marked(cells.r2(row.r2_test), best, close)
        lines.append(" & ".join([
            escape(row.method), *([escape(str(row.perturbation))] if perturbed else []), *(rates if rate else []),
            *any_rate, r2, cells.error(row.nmse_test), cells.plain(row.complexity), cells.seconds(row.seconds),
            f"{row.ok}/{row.runs}", str(row.by_clock), cells.core(row.core_share),
        ]))  # fmt: skip
    caveats = prose(" ".join(remarks_on(rows)))
    tasks = counted(max(row.tasks for row in rows), "task")
    says = (
        "share of runs that recovered the truth, with its Wilson interval over tasks, and medians of the rest" if rate
        else "medians over tasks; no task has a known truth, and so methods are ranked by accuracy"
    )  # fmt: skip
    return cells.table(
        f"l{'l' * perturbed}{'Sl' * rate}{'S' * some_any} "
        rf"S[table-format=-1.4,table-space-text-post={{{cells.MARK}}}] S[table-format=1.0e-2] S[table-format=3.1] "
        "S[table-format=3.3] l S[table-format=3.0] l",
        [
            "method", *["perturbation"] * perturbed, *[r"{recovery, \%}", r"[95\,\%]"] * rate,
            *[r"{any, \%}"] * some_any, "{$R^2$}", "{NMSE}", "{nodes}", "{seconds}", "ok", "{clock}", "core",
        ],
        lines,
        f"{escape(suite)}, noise {noise:g}, {tasks}: {says}. {_LEGEND} {_CLOCK} {caveats}".rstrip(),
        f"{suite}-{noise:g}",
    )  # fmt: skip


def _best(runs: pd.DataFrame, metric: str) -> tuple[set[str], set[str]]:
    """Return the methods with the highest mean over tasks, and the others that are not significantly worse."""
    values = runs.assign(value=METRICS[metric].of(runs)).dropna(subset=["value"])
    table = values.pivot_table(index="task", columns="method", values="value", aggfunc="mean", observed=True)
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
    return best, {name for name, p, pair in zip(others, tests, both, strict=True) if p > _ALPHA and len(pair)}


def _under(runs: pd.DataFrame, noise: float, perturbation: Perturbation) -> pd.DataFrame:
    """Return the runs at a noise level with a perturbation."""
    texts = [text for text in runs["perturbation"].cat.categories if perturbation_of(text) == perturbation]
    return runs[(runs["noise"] == noise) & runs["perturbation"].isin(texts)]


def methods(known: Mapping[str, Method], used: Sequence[str], versions: Mapping[str, str]) -> str:
    """Return a table of methods with their citations; variants of one version of a method are one line."""
    keys = keys_of(known[name] for name in used if name in known)
    kinds: dict[tuple[str, str], list[str]] = {}
    for name in used:
        plain = known[name].name if name in known else name
        kinds.setdefault((plain, versions.get(name, "")), []).append(name)
    lines = [
        " & ".join([
            escape(plain if len(names) > 1 else names[0]), escape(version),
            escape(known[names[0]].summary) if names[0] in known else "not installed",
            citation(known[names[0]], keys) if names[0] in known else "--",
        ])
        for (plain, version), names in kinds.items()
    ]  # fmt: skip
    several = any(len(names) > 1 for names in kinds.values())
    said = "Methods; variants by limits or parameters are one line." if several else "Methods."
    return cells.table(
        r"ll>{\raggedright\arraybackslash}p{0.4\linewidth}>{\raggedright\arraybackslash}p{0.3\linewidth}",
        ["method", "version", "what it does", "source"], lines, said, "methods", size=r"\footnotesize",
    )  # fmt: skip


def variants(long_names: Mapping[str, str]) -> str:
    """Return a table that says what short names stand for; nothing where there are none."""
    if not long_names:
        return ""
    lines = [rf"{escape(short)} & {escape(long)}" for short, long in long_names.items()]
    return cells.table(
        r"l>{\raggedright\arraybackslash}p{0.75\linewidth}", ["short name", "stands for"], lines,
        "Variants of methods, and what they are called here.", "variants", size=r"\footnotesize",
    )  # fmt: skip


def hyper_parameters(settings: Mapping[str, str]) -> str:
    """Return every hyper-parameter of every method, as its runs had it.

    Args:
        settings: by method, JSON objects as records have them.
    """
    items = []
    for method, text in settings.items():
        values = ", ".join(
            rf"\texttt{{{_foldable(f'{name}={plain_number(value)}')}}}" for name, value in json.loads(text).items()
        )
        items.append(rf"\item[{escape(method)}] {values or 'none'}")
    return "\n".join([r"\begin{description}\raggedright\footnotesize", *items, r"\end{description}", ""])


def _foldable(text: str) -> str:
    """Return code that may be broken after commas, underscores and equals signs."""
    return (
        escape(text)
        .replace(r"\_", r"\_\allowbreak{}")
        .replace("=", r"=\allowbreak{}")
        .replace(", ", r",\allowbreak{} ")
    )


def provenance(about: Mapping[str, str]) -> str:
    """Return where the numbers come from, as a description list."""
    lines = [rf"\item[{escape(name)}] {escape(text)}" for name, text in about.items()]
    return "\n".join([r"\begin{description}\raggedright\small", *lines, r"\end{description}", ""])
