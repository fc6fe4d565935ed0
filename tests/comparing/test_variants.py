"""Which variant is the base, and what the others are called beside it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from srbench_lite.comparing.variants import ABSENT, differences, find_base, said_of
from srbench_lite.errors import UnknownNameError, UsageError

FULL = {"prune": True, "restarts": 8, "layers": [8, 8], "name": "adam"}
ONE = FULL | {"restarts": 1}
BARE = FULL | {"prune": False}
BOTH = FULL | {"prune": False, "restarts": 1}

parameters = st.dictionaries(
    st.sampled_from("abcd"), st.booleans() | st.integers(-3, 3) | st.sampled_from(["x", None, [1, 2]]), max_size=4
)


def test_what_differs_is_said_and_nothing_else():
    assert differences(BOTH, FULL) == {"prune": False, "restarts": 1}
    assert said_of(differences(BOTH, FULL)) == "prune=False, restarts=1"
    assert said_of(differences({"prune": True}, {"prune": True, "restarts": 8})) == "no restarts"
    assert said_of(differences({"prune": True, "new": 2}, {"prune": True})) == "new=2"
    assert differences({"a": True}, {"a": 1}) == {"a": True}  # a switch is no number


@given(parameters, parameters)
def test_two_variants_differ_in_the_same_parameters_whichever_is_the_base(one, other):
    changes = differences(one, other)
    assert changes.keys() == differences(other, one).keys()
    assert differences(one, one) == {}
    assert {**{k: v for k, v in other.items() if k not in changes or changes[k] is not ABSENT}, **changes} == {
        **one, **{name: ABSENT for name in other if name not in one},
    }  # fmt: skip


@pytest.mark.parametrize(
    ("variants", "asked", "defaults", "expected"),
    [
        ([ONE, FULL, BARE], (), FULL, FULL),
        ([ONE, BOTH], (), FULL, ONE),  # the defaults themselves were not run: the nearest to them
        ([ONE, FULL, BARE], (), None, FULL),  # not installed: the one from which the others differ least
        ([ONE, FULL, BARE], (), FULL | {"later": 3}, FULL),  # a parameter that came later tells nothing
        ([ONE, FULL, BARE, BOTH], ("prune=false",), FULL, BARE),
        ([ONE, FULL, BARE, BOTH], ("prune=False, restarts=1",), FULL, BOTH),
        ([ONE, FULL, BARE, BOTH], ("m.prune=false", "m.restarts=1"), FULL, BOTH),
        ([ONE, FULL], ("m [restarts=1]",), FULL, ONE),
        ([ONE, FULL], ("layers=[8, 8], restarts=1",), FULL, ONE),
        ([ONE, FULL], ("name=adam,restarts=1",), FULL, ONE),
    ],
)
def test_the_base_is_the_one_asked_for_or_nearest_to_the_defaults(variants, asked, defaults, expected):
    assert find_base(variants, asked=asked, defaults=defaults, method="m") is expected


@pytest.mark.parametrize(
    ("asked", "kind", "said"),
    [
        ("restart=1", UnknownNameError, "unknown hyper-parameter in --base 'restart'. Did you mean: restarts"),
        ("restarts", UsageError, "--base must be NAME=VALUE, several with commas between, got 'restarts'"),
        ("restarts=3", UsageError, "no variant has restarts=3; there are: restarts=8; restarts=1"),
        ("name=adam", UsageError, "write --base with one of: restarts=8; restarts=1"),
    ],
)
def test_a_base_that_is_none_or_not_one_is_refused(asked, kind, said):
    with pytest.raises(kind) as raised:
        find_base([FULL, ONE], asked=[asked], method="m")
    assert said in str(raised.value)


@given(st.lists(parameters, min_size=1, max_size=5, unique_by=str), st.none() | parameters)
def test_a_base_is_always_one_of_the_variants_and_itself_if_it_has_the_defaults(variants, defaults):
    different = [one for k, one in enumerate(variants) if all(differences(one, other) for other in variants[:k])]
    try:
        base = find_base(different, defaults=defaults)
    except UsageError:
        assert len(different) > 1
        return
    assert base in different
    alone = [one for one in different if defaults is not None and not differences(one, defaults)]
    assert not alone or not [name for name in base if name in alone[0] and base[name] != alone[0][name]]
