"""Names of suites that are drawn: canonical, and errors that say what there is."""

from __future__ import annotations

import pytest

from srbench_lite.errors import SuiteError
from srbench_lite.problems.generator_name import (
    GENERATORS,
    GeneratorName,
    canonical_suite,
    canonical_task,
    generators_as_rows,
)


@pytest.mark.parametrize(
    ("text", "canonical"),
    [
        ("random:", "random:count=20,high=5,low=1,operators=usual,seed=0,size=7,variables=2"),
        (
            "random: variables=2 , size=7,count=50,seed=3",
            "random:count=50,high=5,low=1,operators=usual,seed=3,size=7,variables=2",
        ),
        ("random:low=-1.50,high=2e1", "random:count=20,high=20,low=-1.5,operators=usual,seed=0,size=7,variables=2"),
        (
            "random:operators=sin+mul+add",
            "random:count=20,high=5,low=1,operators=add+mul+sin,seed=0,size=7,variables=2",
        ),
        (
            "random:operators=pow+div+mul+sub+add",
            "random:count=20,high=5,low=1,operators=basic,seed=0,size=7,variables=2",
        ),
        ("polynomial:degree=4", "polynomial:count=20,degree=4,high=2,low=-2,seed=0,terms=3,variables=1"),
        ("sum:", "sum:count=20,high=3,low=-3,seed=0,terms=2,variables=1"),
        ("physics:seed=999999999", "physics:count=20,high=5,low=0.2,seed=999999999,variables=3"),
    ],
)
def test_a_name_has_every_parameter(text: str, canonical: str) -> None:
    assert str(GeneratorName.parse(text)) == canonical
    assert str(GeneratorName.parse(canonical)) == canonical
    assert canonical_suite(text) == canonical


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("randon:size=5", "unknown generator 'randon' in 'randon:size=5'. Did you mean: random? Known: physics, "),
        ("random:sise=5", "'random:sise=5': unknown key 'sise'. Did you mean: size? Known: count, high, low, "),
        ("random:size", "write KEY=VALUE with commas between, got 'size'. Keys: count, high"),
        ("random:size=5,size=6", "size is given twice"),
        ("random:size=0", "size must be a whole number from 1 to 25, got '0'"),
        ("random:size=5.5", "size must be a whole number from 1 to 25, got '5.5'"),
        ("random:size=" + "9" * 90, "size must be a whole number from 1 to 25, got '999"),
        ("random:seed=-1", "seed must be a whole number from 0 to 999999999, got '-1'"),
        ("random:low=nan", "low must be a number from -100 to 100, got 'nan'"),
        ("physics:low=0", "low must be a number from 0.001 to 1000, got '0'"),
        ("random:low=7", "low must be below high, got low = 7.0, high = 5.0"),
        ("random:operators=sim", "unknown operator 'sim'. Did you mean: sin"),
        ("random:operators=neg", "unknown operator 'neg' (write a difference"),
        ("random:" + "size=5," * 100, "has at most 600 characters, got 'random:size=5"),
    ],
)
def test_a_name_that_cannot_be_says_why(text: str, words: str) -> None:
    with pytest.raises(SuiteError) as caught:
        GeneratorName.parse(text)
    assert words in str(caught.value)


@pytest.mark.parametrize("text", ["sin", "random", "./random:size=5.toml", "a/random:x", "C:\\suites.toml", "1:2", ""])
def test_other_names_are_left_alone(text: str) -> None:
    assert canonical_suite(text) is None


def test_the_name_of_a_task_has_its_suite() -> None:
    suite = "sum:count=5,high=3,low=-3,seed=0,terms=2,variables=1"
    assert canonical_task("sum:count=5/003") == (suite, f"{suite}/003")
    assert canonical_task("sum:count=5/0*") == (suite, f"{suite}/0*")
    assert canonical_task("sin/plain") is None
    assert canonical_task("mine:a/b") is None
    with pytest.raises(SuiteError, match="unknown key 'cuont'"):
        canonical_task("sum:cuont=5/003")


def test_every_parameter_is_listed_with_its_default() -> None:
    rows = list(generators_as_rows())
    assert {row["generator"] for row in rows} == {"random", "polynomial", "sum", "physics"}
    for row in rows:
        assert row["meaning"]
        name = GeneratorName.parse(f"{row['generator']}:{row['parameter']}={row['default']}")
        assert str(name) == str(GeneratorName.parse(f"{row['generator']}:"))
    assert len(rows) == sum(len(generator.keys) for generator in GENERATORS.values())
