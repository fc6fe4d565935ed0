"""Every task of the suites of others: its formula and domain against the source, its points finite and not constant."""

from __future__ import annotations

import hashlib
import math
import re

import numpy as np
import pytest
from places import ROOT
from published_formulas import assert_same_values, domain, published

from srbench_lite.expressions.expression import Expression
from srbench_lite.methods.discovery import discover
from srbench_lite.problems.task import Task

PUBLISHED = published()
SUITES = {
    name: suite for name, suite in discover().suites.items()
    if name in {"composite", "poly2", "sin", *(task.split("/")[0] for task in PUBLISHED)}
}  # fmt: skip
TASKS = {
    name: task for suite in SUITES.values() for name, task in ((t.name, t) for t in suite.tasks) if name in PUBLISHED
}
#: Tasks whose domain is not that of the row in the table; the erratum or the page of the suite says why.
OTHER_DOMAIN = {
    "keijzer/keijzer-4", "keijzer/keijzer-5", "korns/korns-7", "korns/korns-9", "korns/korns-15", "srsd/III.14.14",
    "srsd/III.15.27", "srsd/bonus.7",
}  # fmt: skip
#: Hashes of the fingerprints of a suite's tasks, first digits.
DEFINITIONS = {
    "constant": "bf3a99281919e3e4",
    "feynman-bonus": "234e7bcc4f57a509",
    "jin": "934fb8addc3dad09",
    "keijzer": "4b770f8b11ffcab0",
    "korns": "45e01af3d1435efe",
    "koza": "ca421dd4768937a8",
    "livermore": "0d5accf66a0a80be",
    "neat": "3024830c3ac9d54d",
    "nguyen": "b5e5914973866818",
    "nguyen-c": "1fa6a24d3426bce0",
    "r": "81299e4e8a95d2ee",
    "srsd": "a4cebcb264258714",
    "strogatz": "b515d5b995c020c0",
    "vladislavleva": "974cad59798d723b",
}
#: A task draws a smaller share of its points again, unless its page says so.
LEAST_REDRAWN = 0.005


def nodes(truth: Expression) -> int:
    return sum(1 for _ in truth.postorder())


def redrawn(task: Task, n: int = 4000) -> float:
    """Share of random points of the training domain where the truth is undefined."""
    assert task.truth is not None
    rng = np.random.default_rng(0)
    with np.errstate(all="ignore"):
        values = task.truth({name: sampling.draw_fresh(n, rng) for name, sampling in task.variables.items()})
    return 1 - float(np.isfinite(values).mean())


def stated() -> dict[str, float]:
    """What the pages say of points that are drawn again: lines of tables such as `| `srsd/I.1` | 87 % | ... |`."""
    pages = "\n".join(page.read_text(encoding="utf-8") for page in ROOT.glob("tasks/srbench_*/README.md"))
    return {name: int(share) / 100 for name, share in re.findall(r"^\| `(\S+/\S+)` \| (\d+) % \|", pages, re.M)}


def test_every_row_has_its_task() -> None:
    assert set(TASKS) == set(PUBLISHED)
    theirs = [suite for name, suite in SUITES.items() if name not in ("composite", "poly2", "sin")]
    assert {task.name for suite in theirs for task in suite.tasks} == set(PUBLISHED)


@pytest.mark.parametrize(("suite", "wanted"), DEFINITIONS.items(), ids=DEFINITIONS)
def test_the_definitions_are_golden(suite: str, wanted: str) -> None:
    """A changed definition is another task: raise the version of its suite, and change this."""
    text = "\n".join(task.fingerprint for task in SUITES[suite].tasks)
    assert hashlib.sha256(text.encode()).hexdigest().startswith(wanted)


@pytest.mark.parametrize("suite", sorted({name.split("/")[0] for name in PUBLISHED}))
def test_formulas_are_those_of_the_source(suite: str) -> None:
    for name, source in PUBLISHED.items():
        if name.startswith(f"{suite}/"):
            assert_same_values(TASKS[name], source)


@pytest.mark.parametrize("suite", sorted({name.split("/")[0] for name in PUBLISHED} - {"strogatz"}))
def test_domains_are_those_of_the_source(suite: str) -> None:
    for name, source in PUBLISHED.items():
        if not name.startswith(f"{suite}/") or name in OTHER_DOMAIN:
            continue
        task = TASKS[name]
        train, n_train = domain(source.train)
        test, n_test = domain(source.test)
        assert task.variables == train, name
        assert (task.test_variables or train) == (test or train), name
        if suite == "korns":  # DSO has 100 points in twelve of them
            n_train = n_test = 10_000
        if suite == "r":  # DSO tests on the training points
            n_test = 1000
        assert n_train in (None, task.n_train), name
        assert n_test in (None, task.n_test), name


@pytest.mark.parametrize("suite", sorted({name.split("/")[0] for name in PUBLISHED}))
def test_points_are_finite_and_not_constant(suite: str) -> None:
    """`Samples` refuses what is not finite; squares of y must be finite too, or no error could be told."""
    for task in SUITES[suite].tasks:
        data = task.dataset(seed=0)
        assert data.far is not None, task.name
        for part in (data.train, data.test):
            assert math.isfinite(float(np.sum(part.y**2))), task.name
            assert np.ptp(part.y) > 1e-9 * np.max(np.abs(part.y)), task.name


def test_what_is_drawn_again_is_stated() -> None:
    said = stated()
    for name, task in TASKS.items():
        if task.trajectories is None:
            share = redrawn(task)
            assert share == pytest.approx(said.get(name, 0.0), abs=0.02 if name in said else LEAST_REDRAWN), name
    assert set(said) <= set(TASKS)


def test_every_task_says_what_it_is() -> None:
    for suite in SUITES.values():
        assert suite.licence
        for task in suite.tasks:
            assert task.source
            assert task.licence
            assert len(set(task.tags) & {"easy", "medium", "hard"}) == 1, task.name
            assert set(task.tags) - {"easy", "medium", "hard"}, task.name


def test_difficulty_is_the_number_of_nodes_where_nobody_published_one() -> None:
    for task in (task for suite in SUITES.values() if suite.name != "srsd" for task in suite.tasks):
        assert task.truth is not None
        size = nodes(task.truth)
        assert ("easy" if size <= 12 else "medium" if size <= 24 else "hard") in task.tags, task.name


@pytest.mark.parametrize(
    "name",
    sorted(OTHER_DOMAIN - {"srsd/bonus.7"} | {
        "korns/korns-7", "vladislavleva/vladislavleva-7", "jin/jin-3", "keijzer/keijzer-4", "keijzer/keijzer-5",
        "livermore/livermore-5", "livermore/livermore-14", "livermore/livermore-16", "strogatz/vdp1", "neat/neat-6",
        "feynman/I.6.2", "feynman/I.18.12", "feynman-bonus/test_12", "srsd/I.6.20",
    }),
)  # fmt: skip
def test_where_sources_disagree_there_is_a_note(name: str) -> None:
    assert TASKS[name].erratum.endswith(".")
