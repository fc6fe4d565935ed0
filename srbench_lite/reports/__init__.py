"""Leaderboards as text: the built-in formats, offered through the same hook as anyone else's."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from srbench_lite.methods.hookspecs import Reporter, hookimpl

if TYPE_CHECKING:
    from srbench_lite.comparing.leaderboard import Leaderboard

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


@hookimpl
def srbench_reporters() -> Iterable[Reporter]:
    """Add the built-in formats."""
    return [
        Reporter(name="terminal", summary="tables for a terminal", render=_terminal),
        Reporter(name="markdown", summary="tables for a README", render=_markdown),
        Reporter(name="latex", summary="booktabs tables for a paper", render=_latex),
        Reporter(name="csv", summary="one line a row, all columns, full precision", render=_csv),
        Reporter(name="json", summary="all columns, full precision", render=_json),
    ]
