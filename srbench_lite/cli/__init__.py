"""The command line: `srbench`. Each command lives in a module that is imported when the command is used."""

from __future__ import annotations

import difflib
import errno
import importlib
import sys
from typing import Final

import click

from srbench_lite._version import __version__
from srbench_lite.cli.command import Command
from srbench_lite.cli.streams import bounded, prepare_streams, say
from srbench_lite.errors import ComparisonError, FullDiskError, SrbenchError, UsageError
from srbench_lite.running.interrupts import all_interrupts_heard, ignore_interrupts

__all__ = ["cli", "main"]

#: Command -> (module of this package, one-line help). The help stands here so that `srbench --help` imports nothing.
_COMMANDS: Final = {
    "run": ("run", "Run methods on suites, keep every record, print the leaderboard."),
    "status": ("status", "Say what a run that goes on elsewhere is doing, and how long it takes yet."),
    "fit": ("fit", "Find a formula for a column of a data file."),
    "predict": ("predict", "Apply a formula to the rows of a data file."),
    "leaderboard": ("leaderboard", "Print the leaderboard of a store: one line for each method and suite."),
    "breakdown": ("breakdown", "Say where methods fail, how they degrade, and what they cost."),
    "compare": ("compare", "Say which method is better, by how much and how surely, and on which tasks."),
    "ablation": ("ablation", "Say what each part of a method brings: its variants by parameters beside one base."),
    "history": ("history", "Say how a method did over its versions and commits, on the tasks that all of them ran on."),
    "baseline": ("check", "Write the runs that `srbench check` compares later runs with."),
    "check": ("check", "Compare runs with a baseline, and fail if they are worse: a gate for CI."),
    "ci": ("ci", "Write a workflow for GitHub or GitLab that runs the gate."),
    "report": ("report", "Write a page for a browser: leaderboard, charts, tasks with their formulas."),
    "site": ("site", "Make a site of static pages: a leaderboard from what many people hand in."),
    "paper": ("paper", "Write LaTeX tables, figures with their data, and numbers for prose."),
    "show": ("show", "Print a task, its truth, and the formula that each method found."),
    "log": ("log", "Print what the method of one run wrote to stdout and stderr."),
    "reproduce": (
        "reproduce",
        "Do one stored run again, and say whether formula, verdict and scores come out the same.",
    ),
    "plot": ("plot", "Draw the formulas that were found for a task over its points."),
    "inspect": ("inspect", "Train a method once, and draw its network beside the formula distilled from it."),
    "equal": ("equal", "Say whether one formula is another, and which step of the judge decided."),
    "rescore": ("rescore", "Judge stored formulas again after the scoring has changed."),
    "check-suite": ("check_suite", "Say what is wrong with suites, and what their points cannot show."),
    "list": ("listing", "List the installed methods, suites or tasks."),
    "plugins": ("plugins", "List the installed plugins, and say what is wrong with broken ones."),
    "env": ("env", "Make, list and remove the environments in which methods of others run."),
    "conform": ("conform", "Check that a method keeps the promises of the plugin contract."),
    "new": ("new", "Write a small distribution with a method or a suite of your own."),
    "export": ("exchange", "Write records to a CSV, JSON or Parquet file."),
    "import": ("exchange", "Merge the records of other files into the store."),
    "submit": ("submit", "Say whether a set of records can stand on a public leaderboard."),
    "delete": ("delete", "Delete runs from the store, and the files that they left."),
    "doctor": ("doctor", "Say what is wrong with this installation, and how to mend it."),
}

_EXIT_CODES: Final = {
    "0": "The command did what it was asked to do.",
    "1": "Something failed that is not your input. conform, leaderboard --check: not passed; doctor, plugins, "
    "check-suite, submit: something is wrong; equal: different or affine; check: a regression.",
    "2": "The usage or the input is wrong, and nothing was changed. check: its result could not be written.",
    "3": "run: all runs are done, but no run of some method ended ok; run, list: a task of a suite file was left out; "
    "fit, inspect: a method found nothing; equal: undecided; check: more runs failed than in the baseline.",
    "4": "compare, check: the two sides cannot be compared, such as with different definitions of a task.",
    "5": "Nothing was selected. compare, ablation, history: no task has the metric; ablation: there is one variant "
    "only.",
    "130": "The command was interrupted (Ctrl-C, SIGTERM, SIGHUP). Finished runs are kept. fit: what was "
    "found until then is printed.",
}
_EXAMPLES: Final = ("srbench run --method lasso --suite sin", "srbench leaderboard")


class _Commands(Command, click.Group):
    """Loads commands when they are used, and suggests names for unknown ones."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in _COMMANDS:
            return None
        module = importlib.import_module(f"srbench_lite.cli.{_COMMANDS[cmd_name][0]}")
        command = getattr(module, f"{cmd_name.replace('-', '_')}_command")
        assert isinstance(command, click.Command)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and args[0] not in _COMMANDS and not args[0].startswith("-"):
            close = difflib.get_close_matches(args[0], _COMMANDS, n=2)
            guess = f" Did you mean: {', '.join(close)}?" if close else ""
            ctx.fail(f"no such command {args[0]!r}.{guess} Commands: {', '.join(_COMMANDS)}.")
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, text) in _COMMANDS.items()])


@click.group(
    cls=_Commands, examples=_EXAMPLES, lists={"Exit codes": _EXIT_CODES},
    context_settings={"help_option_names": ["-h", "--help"]},
)  # fmt: skip
@click.version_option(__version__, prog_name="srbench-lite")
def cli() -> None:
    """Benchmark symbolic-regression methods: same tasks, same limits, one honest judge.

    `srbench COMMAND --help` explains a command.
    """


def main() -> None:
    """Run the command line and end the process with its exit code."""
    prepare_streams()
    with all_interrupts_heard():
        try:
            code = _exit_code()
        except KeyboardInterrupt:  # another one, in the midst of what is done about the first
            code = 130
        ignore_interrupts()
        # Where an interrupt ended code that is made of text, as dataclasses make it, `python -m` would end by SIGINT
        # in place of our exit code; it forgets that with the next such code.
        exec("")  # noqa: S102
    sys.exit(code)


def _exit_code() -> int:
    """Run the command; return its exit code, and print what it raised."""
    try:
        code = cli.main(prog_name="srbench", standalone_mode=False)
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except (click.Abort, KeyboardInterrupt):
        return _failed("interrupted", 130)
    except FullDiskError as error:  # nothing is wrong with what was asked
        return _failed(f"Error: {error}", 1)
    except UsageError as error:
        return _failed(f"Error: {error}", 2)
    except ComparisonError as error:
        return _failed(f"Error: {error}", 4)
    except SrbenchError as error:
        return _failed(f"Error: {error}", 1)
    except OSError as error:  # such as a full disk
        where = f": {error.filename}" if error.filename else ""
        if error.errno == errno.ENOENT and not where:  # the call that asks for the folder names none
            where = ": the current folder; change to one that exists"
        return _failed(f"Error: {error.strerror or error}{where}", 1)
    return code if isinstance(code, int) else 0


def _failed(text: str, code: int) -> int:
    say(bounded(text), err=True)
    return code
