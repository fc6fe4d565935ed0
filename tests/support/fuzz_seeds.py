"""Good files of every kind that is read, for fuzzing to begin with; each is made once."""

from __future__ import annotations

import gzip
import io
import json
import os
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final
from unittest import mock

from places import DATA
from records import failure, record

from srbench_lite.comparing.baseline import COLUMNS as BASELINE_COLUMNS
from srbench_lite.comparing.baseline import write_baseline
from srbench_lite.comparing.runs import RunTable
from srbench_lite.recording import column_cache
from srbench_lite.recording.exchange import write_records
from srbench_lite.recording.progress import entry
from srbench_lite.recording.record import Record, Status
from srbench_lite.recording.store import Store

__all__ = [
    "STUDIES", "SUITES", "baseline", "excel", "export", "page", "parquet_table", "some_records", "store", "tables",
    "text_export",
]  # fmt: skip

SUITES: Final = (
    """[suite]
name = "mine"
version = 2
summary = "pendulums"
source = "a book"
licence = "CC0"
tags = ["physics"]
n_train = 20
n_test = 30

[[tasks]]
name = "pendulum"
truth = "2*pi*sqrt(l/g)"
unit = "s"
[tasks.variables]
l = { low = 0.1, high = 2.0, unit = "m" }
g = { sampling = "log", low = 1.0, high = 20.0, unit = "m/s^2" }
[tasks.test]
l = { low = 0.1, high = 3.0 }
g = { low = "pi", high = 20.0 }
""",
    """[suite]
name = "measured"
[suite.table]
decimal = "."
[[tasks]]
name = "a"
data = "points.csv"
target = "y"
truth = "2*x"
weights = { column = "w", kind = "sigma" }
[[tasks]]
name = "b"
truth = "x + 1"
n_train = 10
n_test = 10
variables = { x = { low = -1, high = 1, sampling = "grid", step = 0.1 } }
""",
    """[suite]
name = "swings"
n_train = 20
n_test = 20
[[tasks]]
name = "decay"
truth = "-0.5*x"
[tasks.variables]
x = { low = 0, high = 2 }
[tasks.trajectories]
rates = { x = "-0.5*x" }
starts = [{ x = 1.5 }, { x = 2.0 }]
duration = 3.0
steps = 30
train = 1
""",
)
STUDIES: Final = (
    """suites = ["sin", "own/pendulum.toml"]
seeds = 5
first-seed = 2
noise = [0, 0.01]
time-limit = 10
memory-limit = 2048
train-size = [20, 50]
dummies = [0, 3]
input_noise = [0, 0.01]
rescale = true
outliers = 0.05
threads = 1
strict = false
plugins = ["mine.py"]
[methods.lasso]
epochs = [200, 500]
[[methods.lies]]
[[methods.lies]]
snap = false
[python]
lasso = "/usr/bin/python3"
""",
    """methods = ["lasso", "lies"]
[[runs]]
suites = ["sin"]
seeds = 3
[[runs]]
tasks = ["sin/p*"]
noise = 0.1
""",
)


@cache
def some_records() -> tuple[Record, ...]:
    """Return records of every status, with every column filled somewhere."""
    runs = [
        record(task=f"sin/task-{n}", seed=seed, method=method, extras={"warnings": {"RuntimeWarning": 2}, "n": n})
        for n in range(3)
        for seed in range(2)
        for method in ("good", "lasso")
    ]
    runs += [
        record(task="sin/plain", seed=7, metrics={"mine": 0.5}, perturbation={"train_size": 50, "dummies": 3}),
        failure(Status.TIMEOUT, "it was stopped after 60 s", task="sin/plain", seed=8, complaint="scoring was stopped"),
        failure(Status.SKIPPED, "more than 3 variables", task="sin/plain", seed=9),
        record(
            task="sin/plain", seed=10, reports=((0.5, "x"), (1.0, "sin(x)")),
            progress=(entry(1.0, "x", verdict="different", nmse_test=0.5, r2_test=0.5, complexity=1),),
        ),
    ]  # fmt: skip
    return tuple(runs)


def _made(name: str, make: Any) -> bytes:
    """Return the bytes of a file that a function makes in a folder of its own."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / name
        make(path)
        return path.read_bytes()


@cache
def text_export(form: str) -> bytes:
    """Return an export as csv, json or parquet."""
    return _made(f"a.{form}", lambda path: write_records(some_records(), path, form=form))


@cache
def export() -> dict[str, Any]:
    """Return the content of a JSON export, with a study."""
    made = _made("a.json", lambda path: write_records(some_records(), path, form="json", studies=STUDIES))
    content: dict[str, Any] = json.loads(made)
    return content


@cache
def store() -> bytes:
    """Return a store with packed and unpacked columns, outputs and a study."""

    def make(path: Path) -> None:
        with mock.patch.object(column_cache, "_RECORDS_PER_SPAN", 8), Store(path) as made:
            for one in some_records():
                made.add(one)
            made.keep_study(STUDIES[1])
            made._connection.execute("INSERT INTO outputs VALUES (?, ?)", [some_records()[0].key, _packed("hello\n")])
            made._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            made._connection.execute("PRAGMA journal_mode = DELETE")

    return _made("a.db", make)


def _packed(text: str) -> bytes:
    from srbench_lite.recording.output import pack_output

    return pack_output(text)


@cache
def baseline() -> bytes:
    """Return a baseline."""
    runs = RunTable.from_records(some_records(), BASELINE_COLUMNS).runs
    return _made("a.json", lambda path: write_baseline(runs, path))


@cache
def tables() -> tuple[bytes, ...]:
    """Return the data files of `tests/data/tables` that are small texts, and some more."""
    files = sorted(path for path in (DATA / "tables").rglob("*") if path.is_file() and path.stat().st_size < 20_000)
    more = (b"x,y\n1,2\n2,4\n3,6.5\n", b"# c\nt [s];h [m]\n1,5;2,25\n2,5;3,0\n", b"a b c\n1 2 3\n4 5 6\n7 8 nan\n")
    return (*more, *(path.read_bytes() for path in files))


@cache
def parquet_table() -> bytes:
    """Return a Parquet file with columns of many types."""
    import pyarrow as pa
    from pyarrow import parquet

    columns = {
        "x": pa.array([1.0, 2.0, None, 4.0]), "n": pa.array([1, 2, 3, 4]), "flag": pa.array([True, False, None, True]),
        "when": pa.array([0, 1, 2, 3], pa.timestamp("ms")), "word": pa.array(["1,5", "2,5", "3", None]),
        "y": pa.array([2.0, 4.0, 6.0, 8.5]),
    }  # fmt: skip
    out = io.BytesIO()
    parquet.write_table(pa.table(columns), out)
    return out.getvalue()


@cache
def excel() -> bytes:
    """Return a workbook of two sheets."""
    import openpyxl

    book = openpyxl.Workbook()
    sheet = book.active
    for row in (("x", "word", "y"), (1, "1,5", 2.5), (2, "a", 4.0), (3.5, None, 7.25)):
        sheet.append(row)
    book.create_sheet("empty")
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


@cache
def page() -> bytes:
    """Return a page of `srbench report`: its beginning, and what of it is read back."""
    from click.testing import CliRunner

    from srbench_lite.cli import cli

    with TemporaryDirectory() as folder:
        (Path(folder) / "a.json").write_bytes(text_export("json"))
        store_option = ("--store", f"{folder}/a.db")
        for words in (("import", f"{folder}/a.json"), ("report", "--out", f"{folder}/a.html")):
            result = CliRunner().invoke(cli, [*words, *store_option], standalone_mode=False)
            assert (result.exception, result.return_value or 0) == (None, 0)
        text = (Path(folder) / "a.html").read_text(encoding="utf-8")
    start = text.index("<script", text.index('id="content"') - 100)
    return (
        text[: text.index("<meta name")] + text[start : text.index("</script>", start)] + "</script></body></html>"
    ).encode()


def packed(content: bytes) -> bytes:
    """Return bytes as gzip packs them."""
    return gzip.compress(content, mtime=0)


def folder_of_inputs() -> str | None:
    """Return where inputs are written: a file system in memory, where there is one."""
    return "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
