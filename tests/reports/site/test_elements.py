"""Elements escape whatever they are given."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from made_sites import HOSTILE, Seen

from srbench_lite.reports.site.elements import element, formula, link, named, page, plain, serialized, table

TEXTS = st.text(st.characters(exclude_categories=["Cs"])) | st.sampled_from([HOSTILE, "", "]]>", "<!--", "&lt;", "\r"])


def tags(page_: bytes) -> list[str]:
    return [tag for tag, _ in Seen(page_).tags]


@given(TEXTS, TEXTS, TEXTS)
def test_no_text_becomes_a_tag_or_an_attribute(text, other, address):
    made = serialized(element("p", text, element("b", other), text, title=other, class_="x"))
    assert tags(made) == ["p", "b"]
    seen = Seen(made)
    assert dict(seen.tags[0][1]) == {"title": plain(other), "class": "x"}
    assert seen.text.strip() == f"{plain(text)}{plain(other)}{plain(text)}".strip()
    cells = Seen(serialized(table((text, other), [(link(f"{address}.html", text), element("code", other))]))).rows
    assert cells == [[plain(text), plain(other)], [named(text), plain(other)]]


@pytest.mark.parametrize(
    ("name", "shown"), [("", "(no name)"), (" \n ", "(no name)"), ("m" * 90, "m" * 79 + "…"), ("a\nb", "a b")]
)
def test_a_name_can_be_seen_and_is_not_endless(name, shown):
    assert named(name) == shown


@given(TEXTS)
def test_a_formula_is_typeset_or_text(text):
    made = tags(serialized(element("p", formula(text))))
    assert "script" not in made
    assert "img" not in made


def test_long_formulas_are_cut_and_large_ones_are_text():
    assert Seen(serialized(formula("x+" * 2000 + "x"))).text.strip().endswith("… (4,001 characters)")
    assert serialized(formula(" + ".join(["x"] * 40))).decode().startswith("<!doctype html>\n<code>x + x")
    assert b"<math" in serialized(formula("x/2"))
    assert Seen(serialized(formula(None, "none"))).text.strip() == "none"


def test_what_turns_text_around_is_written_as_its_escape():
    assert plain("a\u202eb\x1b[31mc\x00\nd") == "a\\u202ebc\\x00 d"


def test_attributes_that_are_none_are_left_out():
    assert serialized(element("input", name=None, data_filters="t", defer="")).endswith(
        b'<input data-filters="t" defer="">\n'
    )


@pytest.mark.parametrize(
    ("address", "up"), [("index.html", ""), ("tasks/sin.html", "../"), ("tasks/sin/plain.html", "../../")]
)
def test_a_page_loads_its_own_files_only(address, up):
    seen = Seen(page(address, HOSTILE, "hello", site="Board"))
    own = [f"{up}{name}" for name in ("site.css", "site.js", "index.html", "methods/index.html", "tasks/index.html",
                                      "runs/index.html", "submit.html")]  # fmt: skip
    assert set(seen.links()) == {*own, "data:,", "#content"}
    (policy,) = (a["content"] for tag, a in seen.tags if tag == "meta" and "http-equiv" in a)
    assert policy.startswith("default-src 'none'; style-src 'self'; script-src 'self'")
    assert [tag for tag, _ in seen.tags].count("script") == 1
