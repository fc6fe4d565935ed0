"""Options that commands share: margins, suites, names without their suite, and tables."""

from __future__ import annotations

import click
import pytest
from commands import TOY

from srbench_lite.cli.options import (
    format_table,
    full_name,
    margin_option,
    matching_tasks,
    method_option,
    recorded_names,
    selected_suites,
    shortened,
    store_option,
    suite_option,
)
from srbench_lite.errors import DuplicateNameError, UnknownNameError, UsageError
from srbench_lite.methods.discovery import discover


def parsed(decorator, *arguments: str):
    @click.command()
    @decorator
    def command(**options):
        return options

    return command.main(list(arguments), standalone_mode=False)


def test_options_come_as_the_commands_take_them():
    assert parsed(suite_option, "-s", "a", "--suite", "b") == {"suites": ("a", "b")}
    assert parsed(method_option, "-m", "a") == {"methods": ("a",)}
    assert str(parsed(store_option)["store_path"]) == "results/srbench.db"
    assert parsed(margin_option, "--margin", "recovery=0.05", "--margin", "time=1") == {
        "margins": {"recovery": 0.05, "time": 1.0}
    }


@pytest.mark.parametrize("text", ["recovery", "recovery=", "recovery=x", "recovery=-1", "recovery=inf", "recovery=nan"])
def test_a_margin_is_a_number(text):
    with pytest.raises(click.BadParameter, match=f"got '{text}'"):
        parsed(margin_option, "--margin", text)


def test_a_task_may_be_written_without_its_suite():
    known = ["sin/a", "q/a", "q/b"]
    assert full_name("q/a", known) == "q/a"
    assert full_name("b", known) == "q/b"
    with pytest.raises(UsageError, match="the task 'a' is in several suites; write one of q/a, sin/a"):
        full_name("a", known)
    with pytest.raises(UnknownNameError, match=r"unknown task 'c'"):
        full_name("c", known)


def test_suites_are_installed_or_files(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "toy.toml").write_text(TOY)
    (tmp_path / "two.toml").write_text(TOY)
    (tmp_path / "sin.toml").write_text(TOY.replace('"toy"', '"sin"'))
    registry = discover()
    assert set(selected_suites(registry, [])) == set(registry.suites)
    assert list(selected_suites(registry, ["sin", "toy.toml", "sin"])) == ["sin", "toy"]
    with pytest.raises(
        DuplicateNameError, match=r"sin.toml names its suite 'sin', as an installed one is named; rename it"
    ):
        selected_suites(registry, ["sin.toml"])
    with pytest.raises(DuplicateNameError, match="two suite files name their suite 'toy'; rename one of them"):
        selected_suites(registry, ["toy.toml", "two.toml"])
    with pytest.raises(UsageError, match="sin/plain is a task; give --suite sin --task sin/plain"):
        selected_suites(registry, ["sin/plain"])


def test_the_tasks_of_installed_suites_are_not_read_for_a_file(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "toy.toml").write_text(TOY)
    registry = discover()
    before = [suite.are_read for suite in registry.suites.values()]
    selected_suites(registry, ["toy.toml"])
    assert [suite.are_read for suite in registry.suites.values()] == before
    assert not all(before)


def test_of_tasks_with_full_names_only_their_suites_are_read():
    registry = discover()
    assert list(selected_suites(registry, [], tasks=("sin/plain", "sin/phase"))) == ["sin"]
    for several in (("sin/plain", "plain"), ("sin/p*",), ("sin/none",), ()):
        assert list(selected_suites(registry, [], tasks=several)) == list(registry.suites)
    assert not registry.suites["srsd"].are_read


def test_names_must_be_recorded():
    assert recorded_names("method", ["a"], ["a", "b"]) == ("a",)
    with pytest.raises(UnknownNameError, match="unknown method 'c'"):
        recorded_names("method", ["a", "c"], ["a", "b"])


def test_tables_are_aligned_and_long_texts_cut():
    assert format_table([("a", 1), ("long", None)], ("x", "y")) == "X     Y\na     1\nlong  None"
    assert shortened("x" * 80) == "x" * 80
    assert shortened("x" * 81) == "x" * 77 + "..."


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("q/a*", ["q/a", "q/ab"]), ("a?", ["q/ab"]), ("*/a", ["p/a", "q/a"]), ("[bc]", ["q/b"]), ("b", ["q/b"]),
        ("r/x[1]", ["r/x[1]"]), ("*", ["p/a", "q/a", "q/ab", "q/b", "r/x[1]"]),
    ],
)  # fmt: skip
def test_a_pattern_fits_whole_names_and_short_ones(text, names):
    assert matching_tasks(text, ["p/a", "q/a", "q/ab", "q/b", "r/x[1]"]) == names


def test_a_pattern_that_fits_nothing_is_an_error():
    with pytest.raises(UsageError, match=r"no task fits the pattern 'sin/q\*'. Did you mean: sin/a\? Known: sin/a\."):
        matching_tasks("sin/q*", ["sin/a"])
