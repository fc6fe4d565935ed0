"""The tables of tasks: the truth of each, how often each method recovered it, and its best formula."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from srbench_lite.comparing.runs import counted
from srbench_lite.reports.latex import escape
from srbench_lite.reports.paper import cells
from srbench_lite.reports.paper.formula import DIGITS, cut, typeset

__all__ = ["APPENDICES", "problems"]

#: Which tasks the appendix has, and what that means.
APPENDICES: Final = {
    "none": "no tables of tasks",
    "missed": "the tasks that no method recovered",
    "all": "every task, with the best formula of each method",
}
_MAX_REASON: Final = 60  # characters

Groups = Iterable[Mapping[str, Any]]


def problems(groups: Groups, formulas: Mapping[int, tuple[str | None, str | None]], appendix: str) -> str:
    """Return a longtable of tasks.

    Args:
        groups: what each method did on each task, in the order of tasks; the tasks that are missed of many.
        formulas: by number of a record, the formula, and why there is none.
        appendix: which tasks, one of `APPENDICES`.
    """
    by_task: dict[str, list[Mapping[str, Any]]] = {}
    for group in groups:
        by_task.setdefault(group["task"], []).append(group)
    known = {task: own for task, own in by_task.items() if any(group["hits"] is not None for group in own)}
    missed = {task: own for task, own in known.items() if not any(group["hits"] for group in own)}
    if appendix == "missed" and not missed:
        what = "Every task was recovered by some method." if known else "No task has a known truth."
        return f"{what} `--appendix all' lists all tasks.\n"
    chosen = missed if appendix == "missed" else by_task
    lines: list[str] = []
    for task, own in chosen.items():
        lines += [
            *([r"\addlinespace"] if lines else []),
            r"\multicolumn{3}{@{}p{0.97\linewidth}@{}}{\raggedright"
            rf"\texttt{{{cells.breakable(task)}}}: {typeset(own[0]['truth'])}}} \\*",
            *(_line(group, formulas) for group in own),
        ]
    which = (
        f"The {counted(len(missed), 'task')} of {len(known)} that no method recovered" if appendix == "missed"
        else f"All {len(by_task)} tasks"
    )  # fmt: skip
    head = r"method & recovered & best formula \\"
    return "\n".join([
        r"\begingroup\small\setlength{\tabcolsep}{4pt}\setlength{\extrarowheight}{3pt}",
        r"\setlength{\normallineskip}{4pt}\setlength{\lineskiplimit}{2pt}",  # fractions do not touch
        r"\begin{longtable}{@{}lc>{\raggedright\arraybackslash}p{0.66\linewidth}@{}}",
        rf"\caption{{{which}, at the lowest noise level: runs that recovered the truth, and the best formula of each "
        rf"method; numbers have {DIGITS} digits.}}\label{{tab:problems}}\\",
        rf"\toprule {head} \midrule\endfirsthead",
        rf"\toprule {head} \midrule\endhead",
        r"\bottomrule\endfoot",
        *lines,
        r"\end{longtable}\endgroup",
        "",
    ])  # fmt: skip


def _line(group: Mapping[str, Any], formulas: Mapping[int, tuple[str | None, str | None]]) -> str:
    text, reason = formulas.get(group["id"], (None, None))
    hits = "--" if group["hits"] is None else f"{group['hits']}/{group['n']}"
    odd = rf" \emph{{({escape(group['odd'])})}}" if group["odd"] else ""
    shown = f"{typeset(text)}{odd}"
    if text is None:
        shown = rf"\emph{{{escape(cut(reason or group['status'], _MAX_REASON))}}}"
    return rf"\quad {escape(group['method'])} & {hits} & {shown} \\[2pt]"
