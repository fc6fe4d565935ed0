"""The help of every command, as people read it at 80 and at 100 columns; and the mechanism that writes it."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator

import click
import pytest

from srbench_lite.cli import cli
from srbench_lite.cli.command import Command


def commands(group: click.Group = cli, path: str = "") -> Iterator[tuple[str, click.Command]]:
    """Yield a group and every command of it, as it lists them, each by the words that call it."""
    context = click.Context(group, **group.context_settings)
    yield path, group
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None
        words = f"{path} {name}".strip()
        if isinstance(command, click.Group):
            yield from commands(command, words)
        else:
            yield words, command


COMMANDS = dict(commands())
every_command = pytest.mark.parametrize("name", COMMANDS, ids=[name or "srbench" for name in COMMANDS])
every_width = pytest.mark.parametrize("width", [80, 100])


def help_of(name: str, width: int) -> str:
    command = COMMANDS[name]
    parent = click.Context(cli, info_name="srbench", terminal_width=width, **cli.context_settings) if name else None
    own = command.context_settings
    return command.get_help(
        click.Context(command, info_name=name or "srbench", parent=parent, terminal_width=width, **own)
    )


def sections(text: str) -> dict[str, list[str]]:
    """Return the lines below each heading."""
    found: dict[str, list[str]] = {}
    for line in text.splitlines():
        if re.fullmatch(r"\w[\w ]*:", line):
            found[line[:-1]] = []
        elif found and line.strip():
            found[list(found)[-1]].append(line)
    return found


def test_there_are_commands():
    assert len(COMMANDS) >= 19


@every_command
def test_every_command_is_of_this_kind(name):
    assert isinstance(COMMANDS[name], Command)


@every_width
@every_command
def test_no_line_is_wider_than_the_terminal_and_no_mark_of_the_markup_is_left(name, width):
    text = help_of(name, width)
    assert max(map(len, text.splitlines())) <= width
    assert "\b" not in text
    assert r"\b" not in text


@every_width
@every_command
def test_each_example_stands_on_a_line_of_its_own(name, width):
    lines = sections(help_of(name, width))["Examples"]
    assert lines
    for line in lines:
        assert line.startswith("  srbench ")
        assert line.count("srbench ") == 1
    assert [line.strip() for line in lines] == list(COMMANDS[name].examples)


@every_command
def test_each_example_is_one_that_the_command_line_takes(name):
    parsed = []
    for example in COMMANDS[name].examples:
        program, *words = shlex.split(example)
        assert program == "srbench"
        used, context = "", cli.make_context("srbench", words)
        while isinstance(COMMANDS[used], click.Group):
            word, *words = words
            used = f"{used} {word}".strip()
            context = COMMANDS[used].make_context(word, list(words), parent=context)
        parsed.append(used)
    # each command is shown in use, and each group by one of its own
    assert any(used == name or (isinstance(COMMANDS[name], click.Group) and used.startswith(name)) for used in parsed)


@every_command
def test_every_option_says_in_a_sentence_what_it_does(name):
    options = [option for option in COMMANDS[name].params if isinstance(option, click.Option)]
    assert options or name == "env remove" or isinstance(COMMANDS[name], click.Group)
    for option in options:
        assert option.help, option.name
        assert re.fullmatch(r"[A-Z].*\.", option.help, re.S), f"{option.name}: {option.help}"
        assert "[default" not in option.help, f"{option.name}: click writes defaults itself"
        assert option.metavar or option.is_flag or isinstance(option.type, click.Choice), option.name


@every_command
def test_a_command_and_the_meanings_in_its_lists_are_sentences(name):
    command = COMMANDS[name]
    assert command.help
    assert re.match(r"[A-Z][^.]*\.($|\n)|[A-Z].*\.", command.help.split("\n\n")[0], re.S)
    for meanings in command.lists.values():
        for meaning in meanings.values():
            assert meaning.endswith(".")


@every_command
def test_every_code_that_a_command_lists_is_one_that_the_group_lists(name):
    codes = COMMANDS[name].lists.get("Exit codes", {})
    assert set(codes) <= set(cli.lists["Exit codes"])


@pytest.mark.parametrize("name", [name for name in COMMANDS if name])
def test_the_one_line_of_the_group_is_the_first_sentence_of_the_command(name):
    group, _, own = name.rpartition(" ")
    lines = " ".join(" ".join(sections(help_of(group, 80))["Commands"]).split())
    first = " ".join(COMMANDS[name].help.split("\n\n")[0].split())
    assert f"{own} {first}" in lines


# --- the mechanism ----------------------------------------------------------------------------------------------------


def test_lists_and_examples_are_written_as_they_are():
    @click.command(
        cls=Command,
        examples=("tool --first", "tool --second  'two  spaces'"),
        lists={"Files": {"a.txt": "One file.", "long-name.txt": "word " * 20 + "end."}},
    )
    def tool() -> None:
        """Do something."""

    text = tool.get_help(click.Context(tool, info_name="tool", terminal_width=60))
    assert text.endswith("Examples:\n  tool --first\n  tool --second  'two  spaces'")
    lines = sections(text)["Files"]
    assert lines[0] == "  a.txt          One file."
    assert max(map(len, lines)) <= 60
    assert " ".join(" ".join(lines).split()).endswith("word end.")


def test_a_command_without_lists_and_examples_has_neither():
    @click.command(cls=Command)
    def tool() -> None:
        """Do something."""

    assert set(sections(tool.get_help(click.Context(tool, info_name="tool")))) == {"Options"}
