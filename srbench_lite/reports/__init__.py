"""Leaderboards as text: the built-in formats, offered through the same hook as anyone else's."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from srbench_lite.methods.hookspecs import Reporter, hookimpl

if TYPE_CHECKING:
    from srbench_lite.comparing.leaderboard import Leaderboard
    from srbench_lite.comparing.overall import OverallTables

__all__ = ["srbench_reporters"]


def _terminal(leaderboard: Leaderboard) -> str:
    from srbench_lite.reports.terminal import render

    return render(leaderboard)


def _markdown(leaderboard: Leaderboard) -> str:
    from srbench_lite.reports.markdown import render

    return render(leaderboard)


def _latex(leaderboard: Leaderboard) -> str:
    from srbench_lite.reports.latex import render

    return render(leaderboard)


def _csv(leaderboard: Leaderboard) -> str:
    from srbench_lite.reports.plain import render_csv

    return render_csv(leaderboard)


def _json(leaderboard: Leaderboard) -> str:
    from srbench_lite.reports.plain import render_json

    return render_json(leaderboard)


def _overall(form: str) -> Callable[[OverallTables], str]:
    def render(tables: OverallTables) -> str:
        from srbench_lite.reports import overall

        made: str = getattr(overall, f"render_{form}")(tables)
        return made

    return render


@hookimpl
def srbench_reporters() -> Iterable[Reporter]:
    """Add the built-in formats."""
    formats = [
        ("terminal", "tables for a terminal", _terminal),
        ("markdown", "tables for a README", _markdown),
        ("latex", "booktabs tables for a paper", _latex),
        ("csv", "one line a row, all columns, full precision", _csv),
        ("json", "all columns, full precision", _json),
    ]
    return [
        Reporter(name=name, summary=summary, render=render, render_overall=_overall(name))
        for name, summary, render in formats
    ]
