"""Names of strangers as names of files: no two alike, and none that leads elsewhere."""

from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st

from srbench_lite.reports.site.addresses import method_page, runs_page, suite_page, task_page

NAMES = st.text(st.characters(exclude_categories=["Cs"])) | st.sampled_from(
    ["a", "A", "a-", "index", "..", "../../etc/passwd", "a b", "a-b", "CON", "x" * 300, "x" * 301, "lies (two)"]
)


@given(NAMES, NAMES)
def test_names_that_differ_have_addresses_that_differ_in_any_file_system(one, other):
    for address in (method_page, suite_page, runs_page):
        assert (address(one).lower() == address(other).lower()) == (one == other)


@given(NAMES, st.integers(1, 5))
def test_addresses_stay_in_their_folder(name, number):
    for address, folder in (
        (method_page(name), "methods"), (suite_page(name), "tasks"), (runs_page(name, number), "runs")
    ):  # fmt: skip
        assert re.fullmatch(rf"{folder}/[a-z0-9][a-z0-9-]*(/[0-9]+)?\.html", address)
        assert len(address) < 100


def test_plain_names_stay_as_they_are():
    assert method_page("lies-fast") == "methods/lies-fast.html"
    assert task_page("nguyen/nguyen-7") == "tasks/nguyen/nguyen-7.html"
    assert runs_page("lasso", 2) == "runs/lasso/2.html"
    assert method_page("index") != "methods/index.html"
    assert suite_page("index") != "tasks/index.html"


def test_a_name_that_looks_like_one_with_a_hash_gets_another():
    hashed = method_page("A").removeprefix("methods/").removesuffix(".html")
    assert method_page(hashed) != method_page("A")
