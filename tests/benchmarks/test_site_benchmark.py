"""How long a site takes. Target: of three stores with 20,000 records within 60 s on the reference machine.

The records are those of `results/suites.json.gz`, once more for each further seed: what was recovered is found again,
and what was not is another formula, as it is between real seeds. The first build judges every different formula; the
second finds all verdicts in the file beside the site.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from pathlib import Path

import pytest
from commands import srbench as called
from places import ROOT

from srbench_lite.judging.scores import Scores
from srbench_lite.recording.exchange import read_records
from srbench_lite.recording.record import Record
from srbench_lite.recording.store import Store

RECORDS = 20_000
SUBMISSIONS = ("one", "two", "three")


def repeated(base: list[Record], count: int) -> Iterator[Record]:
    """Yield so many records: the given ones, then once more for each further seed, without their scores."""
    for place in range(count):
        again, which = divmod(place, len(base))
        record = base[which]
        if again:
            missed = record.expression is not None and not record.scores.recovered
            changes = {
                "seed": record.seed + again, "scores": Scores(), "progress": (), "reports": (), "candidates": (),
                "expression": f"({record.expression})*1.0{again}1" if missed else record.expression,
            }  # fmt: skip
            record = dataclasses.replace(record, **changes)
            record = dataclasses.replace(record, key=record.run_key.digest)
        yield record


@pytest.fixture(name="stores", scope="module")
def _stores(tmp_path_factory, request) -> Path:
    folder = tmp_path_factory.mktemp("stores")
    count = RECORDS if request.config.getoption("benchmark_enable") else 30  # disabled: is it right, not is it fast
    records = list(repeated(read_records(ROOT / "results" / "suites.json.gz"), count))
    methods = sorted({record.method for record in records})
    for place, name in enumerate(SUBMISSIONS):
        own = set(methods[place :: len(SUBMISSIONS)])
        with Store(folder / f"{name}.db") as store:
            store.add_all(record for record in records if record.method in own)
    return folder


@pytest.mark.parametrize("build", ["first", "again"])
def test_three_stores(benchmark, stores, monkeypatch, capsys, build):
    monkeypatch.chdir(stores)
    sources = [f"{name}.db" for name in SUBMISSIONS]
    said = benchmark.pedantic(
        lambda: called(monkeypatch, capsys, "site", "--out", "site", "--jobs", "2", *sources), rounds=1
    )
    assert said.code == 0
    assert [line.split(":")[0] for line in said.out.splitlines()[:3]] == list(SUBMISSIONS)
    assert " rejected" not in said.out
    pages = [path.stat().st_size for path in (stores / "site").rglob("*.html")]
    assert max(pages) < 2_000_000
    benchmark.extra_info |= {"pages": len(pages), "largest_page_bytes": max(pages), "bytes": sum(pages)}
    benchmark.extra_info |= {"formulas_judged": said.err.splitlines()[-1].split(" of ")[0] if said.err else "0"}
