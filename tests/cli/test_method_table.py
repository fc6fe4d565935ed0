"""What the commands share that print a table about one method."""

from __future__ import annotations

import click
import pytest
from records import record

from srbench_lite.cli.ablation import ablation_command
from srbench_lite.cli.history import history_command
from srbench_lite.cli.method_table import method_table_options, say_no_values, selected_runs, show
from srbench_lite.comparing.runs import RunTable
from srbench_lite.errors import UnknownNameError, UsageError
from srbench_lite.methods.discovery import discover

CHOICE = {"suites": (), "tasks": (), "noises": (), "perturbations": (), "identifiable": False}


def selected(*others, **choice):
    records = [record(), record(noise=0.1), *others]
    table = RunTable.from_records(records, ["suite", "task", "noise", "perturbation"])
    return selected_runs(table, discover(), **{**CHOICE, **choice})[1]


def test_both_commands_have_the_options_with_words_of_their_own():
    def names(command: click.Command) -> set[str]:
        return {option for parameter in command.params for option in parameter.opts}

    @method_table_options("row")
    @click.command()
    def alone(**_: object) -> None: ...

    assert names(alone) <= names(ablation_command) & names(history_command)
    (limit,) = (one for one in alone.params if one.name == "time_limit")
    assert isinstance(limit, click.Option)
    assert limit.show_default == "that of most rows"


def test_runs_are_chosen_by_all_options(capsys):
    assert len(selected()) == 2
    assert len(selected(suites=("sin",), tasks=("sin/p*",), noises=(0.1,), perturbations=("none",))) == 1
    assert capsys.readouterr().err == ""
    with pytest.raises(UnknownNameError, match="Did you mean: sin"):
        selected(suites=("sine",))
    with pytest.raises(UsageError, match=r"no run has the noise level 0\.2\. Did you mean: 0\.1\?"):
        selected(noises=(0.2,))


def test_where_none_is_left_it_is_said(capsys):
    assert not len(selected(record(suite="poly2", task="poly2/a"), noises=(0.1,), suites=("poly2",)))
    assert capsys.readouterr().err.startswith("nothing was selected: no run fits the options")


@pytest.mark.parametrize(
    ("metric", "said"),
    [("recovery", "; it needs tasks with a truth, --metric accuracy does not\n"), ("time", "has values of time\n")],
)
def test_a_metric_without_values_is_said(capsys, metric, said):
    say_no_values("show", metric)
    assert capsys.readouterr().err.startswith("nothing to show: no task has values of ")
    say_no_values("show", metric)
    assert capsys.readouterr().err.endswith(said)


def test_a_table_is_printed_or_written(capsys, tmp_path):
    show("a\n", None)
    show("b\n", tmp_path / "b.txt")
    assert capsys.readouterr().out == "a\n"
    assert (tmp_path / "b.txt").read_text() == "b\n"
