"""Names in the order that people expect."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from srbench_lite.problems.natural_order import natural_key


def test_two_comes_before_ten():
    names = ["nguyen/nguyen-10", "nguyen/nguyen-2", "nguyen/nguyen-1", "nguyen/nguyen-12", "koza/koza-3", "a"]
    assert sorted(names, key=natural_key) == [
        "a", "koza/koza-3", "nguyen/nguyen-1", "nguyen/nguyen-2", "nguyen/nguyen-10", "nguyen/nguyen-12",
    ]  # fmt: skip


def test_numbers_inside_and_leading_zeros():
    names = ["a2b10", "a10b1", "a2b9", "a02b1", "a2", "a"]
    assert sorted(names, key=natural_key) == ["a", "a2", "a2b9", "a2b10", "a02b1", "a10b1"]


@given(st.lists(st.text("a1029-²٣", max_size=8)))
def test_every_name_has_one_place(names):
    assert sorted(names, key=natural_key) == sorted(reversed(names), key=natural_key)
    assert [*map(int, sorted(map(str, range(30)), key=natural_key))] == [*range(30)]
