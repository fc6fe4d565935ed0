"""Parts of a plan have no run in common and none is left out."""

from __future__ import annotations

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from srbench_lite.errors import UsageError
from srbench_lite.running.shard import Shard


@given(st.lists(st.text(), unique=True, max_size=60), st.integers(1, 12))
def test_each_run_belongs_to_one_part(names, of):
    keys = [hashlib.sha256(name.encode()).hexdigest() for name in names]
    parts = [[key for key in keys if Shard(number, of).has(key)] for number in range(1, of + 1)]
    assert sorted(key for part in parts for key in part) == sorted(keys)


def test_parts_are_about_as_large():
    keys = [hashlib.sha256(str(k).encode()).hexdigest() for k in range(10_000)]
    sizes = [sum(Shard(number, 10).has(key) for key in keys) for number in range(1, 11)]
    assert min(sizes) > 850
    assert max(sizes) < 1150


@pytest.mark.parametrize(("text", "shard"), [("3/10", Shard(3, 10)), (" 1 / 1 ", Shard(1, 1))])
def test_a_part_is_read(text, shard):
    assert Shard.parse(text) == shard


@pytest.mark.parametrize(
    ("text", "says"),
    [("0/3", "from 1/3 to 3/3"), ("4/3", "from 1/3 to 3/3"), ("1/0", "no such part"), ("3", "such as 3/10"),
     ("-1/3", "such as 3/10"), ("a/b", "such as 3/10"), ("1/2/3", "such as 3/10"), ("", "such as 3/10")],
)  # fmt: skip
def test_what_is_no_part_is_refused(text, says):
    with pytest.raises(UsageError, match=says):
        Shard.parse(text)
