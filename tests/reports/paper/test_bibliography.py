"""Works that methods name, as BibTeX."""

from __future__ import annotations

import re
from types import SimpleNamespace

import pytest

from srbench_lite._version import __version__
from srbench_lite.methods.discovery import discover
from srbench_lite.reports.paper.bibliography import Work, bibliography, citation, keys_of


@pytest.mark.parametrize(
    ("text", "work", "key"),
    [
        ("Kingma & Ba, Adam, ICLR 2015", (("Kingma", "Ba"), "Adam", "ICLR", "2015"), "kingma2015adam"),
        ("Koza, Genetic Programming, 1992", (("Koza",), "Genetic Programming", "", "1992"), "koza1992genetic"),
        ("Legendre, 1805", (("Legendre",), "", "", "1805"), "legendre1805"),
        (
            "Montazerin, Al Aawar & Ortega, LIES Networks, in Depth, arXiv 2006.08267, 2025",
            (("Montazerin", "Al Aawar", "Ortega"), "LIES Networks", "in Depth, arXiv 2006.08267", "2025"),
            "montazerin2025lies",
        ),
        (
            "de Franca & Kronberger, Equality Graphs, GECCO 2025 Companion, doi:10.1145/3712256",
            (("de Franca", "Kronberger"), "Equality Graphs", "GECCO Companion, doi:10.1145/3712256", "2025"),
            "defranca2025equality",
        ),
        ("Golub & Pereyra, Ann. Stat. 10(2), 1973", (("Golub", "Pereyra"), "", "Ann. Stat. 10(2)", "1973"),
         "golub1973ann"),
        ("Vaswani et al., Attention, 2017", (("Vaswani", "others"), "Attention", "", "2017"), "vaswani2017attention"),
        ("folklore", ((), "folklore", "", ""), "folklore"),
        ("a plain sentence, with a comma, 1999", ((), "a plain sentence", "with a comma", "1999"), "1999plain"),
        ("漢字", (("漢字",), "", "", ""), "work"),
    ],
)  # fmt: skip
def test_a_work_is_read_from_its_text(text, work, key):
    found = Work.of(text)
    assert (found.authors, found.title, found.venue, found.year) == work
    assert found.key == key


def test_an_entry_has_authors_and_the_year_once():
    entry = Work.of("Kingma, Ba & Other et al., Adam & Eve, ICLR 2015").entry("k")
    assert entry == (
        "@misc{k,\n  author = {{Kingma} and {Ba} and {Other} and others},\n  title = {{Adam \\& Eve}},\n"
        "  howpublished = {ICLR},\n  year = {2015},\n}\n"
    )
    assert "  key = {k}," in Work.of("folklore").entry("k")


def test_the_works_of_the_installed_methods_have_authors_and_say_the_year_once():
    methods = discover().methods.values()
    keys = keys_of(methods)
    assert len(set(keys.values())) == len(keys) > 20
    for text, key in keys.items():
        entry = Work.of(text).entry(key)
        assert "author = " in entry or text == "folklore", text
        year = Work.of(text).year
        assert not year or len(re.findall(rf"(?<![.\d]){year}(?![.\d])", entry.partition("\n")[2])) == 1, entry


def test_methods_share_works_and_two_works_never_share_a_key():
    one, other = (
        SimpleNamespace(source=text) for text in ("A, B, 2000; A, Bee, 2000", "A, B, 2000; A, Bee hive, 2000")
    )
    keys = keys_of([one, other])
    assert list(keys.values()) == ["a2000", "a2000-2", "a2000hive"]
    assert citation(other, keys) == rf"\citep{{{keys['A, B, 2000']},{keys['A, Bee hive, 2000']}}}"
    assert citation(SimpleNamespace(source=""), keys) == "--"
    text = bibliography(keys)
    assert text.count("@misc{") == 4
    assert f"srbench-lite {__version__}" in text
