"""The leaderboard for programs: CSV and JSON with every column in full precision."""

from __future__ import annotations

import csv
import dataclasses
import io
import json
from typing import Any

from srbench_lite.comparing.leaderboard import Leaderboard, Row
from srbench_lite.reports.csv_cells import inert_cells

__all__ = ["render_csv", "render_json"]


def render_csv(leaderboard: Leaderboard) -> str:
    """Return one line a row; intervals as two columns, failures as `status:count` joined by semicolons.

    The last column, `at`, is the second at which runs are looked at; empty for runs as they were.
    """
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    names = [f.name for f in dataclasses.fields(Row)]
    header = [c for n in names for c in ((f"{n[:-9]}_low", f"{n[:-9]}_high") if n.endswith("_interval") else (n,))]
    writer.writerow([*header, "at"])
    for row in (*leaderboard.rows, *leaderboard.overall):
        values: list[Any] = []
        for name in names:
            value = getattr(row, name)
            if name.endswith("_interval"):
                values += [None, None] if value is None else list(value)
            elif name == "failures":
                values.append(";".join(f"{status}:{count}" for status, count in value.items()))
            elif name == "perturbation":
                values.append(str(value))
            else:
                values.append(value)
        writer.writerow(inert_cells([*values, leaderboard.at]))
    return stream.getvalue()


def render_json(leaderboard: Leaderboard) -> str:
    """Return an object with the rows, and `at`: the second at which runs are looked at, null for runs as they were.

    A bound that is not finite is null.
    """

    def plain(value: Any) -> Any:
        if isinstance(value, tuple):
            return [plain(item) for item in value]
        return None if isinstance(value, float) and value in (float("inf"), float("-inf")) else value

    lines = (*leaderboard.rows, *leaderboard.overall)
    rows = [
        {k: plain(v) for k, v in dataclasses.asdict(row).items()} | {"perturbation": row.perturbation.settings}
        for row in lines
    ]
    content = {"format": "srbench-lite leaderboard", "version": 1, "at": leaderboard.at, "rows": rows}
    return json.dumps(content, indent=2, allow_nan=False) + "\n"
