"""`srbench equal FOUND TRUTH`."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from srbench_lite.cli.command import Command
from srbench_lite.errors import ExpressionError, SuiteError, UsageError, suggest

if TYPE_CHECKING:
    from srbench_lite.expressions.expression import Expression
    from srbench_lite.problems.sampling import Sampling

#: The range of a variable without --var: logarithms and roots are defined there.
_DEFAULT: Final = "0.1:3"
_EXIT_CODES: Final = {
    "0": "The verdict is exact or recovered.",
    "1": "The verdict is affine or different.",
    "2": "The usage or a formula is wrong.",
    "3": "The verdict is undecided.",
}
_CODES: Final = {"exact": 0, "recovered": 0, "affine": 1, "different": 1, "undecided": 3}
_SETTINGS: Final = {"ignore_unknown_options": True, "allow_extra_args": True, "help_option_names": ["--help"]}


# A formula may begin with a minus, even with -h: there are no short options here, and what is no option is a formula.
@click.command(
    "equal", cls=Command, context_settings=_SETTINGS, lists={"Exit codes": _EXIT_CODES},
    examples=(
        'srbench equal "2.9971*sin(x)" "3*sin(x)" --var x=-3:3',
        'srbench equal "-x*y" @truth.txt --var y=log:0.01:1:both --json',
    ),
)  # fmt: skip
@click.argument("found", metavar="FOUND")
@click.argument("truth", metavar="TRUTH")
@click.option(
    "--var", "samplings", multiple=True, metavar="NAME=LOW:HIGH", show_default=f"{_DEFAULT} for each variable",
    help="Range of a variable: -3:3, log:0.01:1, log:0.01:1:negative, log:0.01:1:both or grid:0:1. NAME is then a "
    "variable even if it is e or pi. May be repeated.",
)  # fmt: skip
@click.option(
    "--time-limit", type=click.FloatRange(min=0), default=5.0, show_default=True, metavar="SECONDS",
    help="CPU time of the judge; after that the verdict is undecided.",
)  # fmt: skip
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.pass_context
def equal_command(
    context: click.Context, found: str, truth: str, samplings: tuple[str, ...], time_limit: float, as_json: bool
) -> int:
    """Say whether one formula is another, and which step of the judge decided.

    FOUND is the formula whose constants may move, and TRUTH is the one that it should be. @FILE reads a formula from a
    file. The two are compared on the ranges of the variables: abs(x) is x for x in 0.1:3, but not for x in -3:3.
    """
    from srbench_lite.judging.judge import judge
    from srbench_lite.problems.sampling import Sampling

    if context.args:
        known = ("--var", "--time-limit", "--json", "--help")
        odd = next((text for text in (found, truth, *context.args) if text.startswith("--")), context.args[0])
        raise UsageError(f"{odd!r:.80} is not an option, and is one formula too many.{suggest(odd, known)}")
    domain = _sampled(samplings)
    formulas = {name: _formula(name, text, domain) for name, text in (("FOUND", found), ("TRUTH", truth))}
    others = {name: None for formula in formulas.values() for name in formula.variables if name not in domain}
    if others:
        click.echo(
            f"{', '.join(others)}: the range is {_DEFAULT}; --var {next(iter(others))}=LOW:HIGH gives another", err=True
        )
    domain |= {name: Sampling.parse(_DEFAULT) for name in others}
    verdict = judge(formulas["FOUND"], formulas["TRUTH"], domain, time_limit=time_limit)
    if as_json:
        content = {
            "verdict": str(verdict.word), "by": verdict.by, "aligned": verdict.aligned, "seconds": verdict.seconds,
            "recovered": verdict.recovered, "recovered_srbench": verdict.recovered_srbench,
        }  # fmt: skip
        click.echo(json.dumps(content))
    else:
        click.echo(f"verdict    {verdict.word}")
        click.echo(f"decided by {verdict.by}")
        click.echo(f"aligned    {verdict.aligned or '–'}")
        click.echo(f"seconds    {verdict.seconds:.2f}")
    return _CODES[verdict.word]


def _sampled(options: Iterable[str]) -> dict[str, Sampling]:
    """Read NAME=SAMPLING options."""
    from srbench_lite.expressions.expression import Expression
    from srbench_lite.problems.sampling import Sampling

    domain: dict[str, Sampling] = {}
    for option in options:
        name, equals, text = (part.strip() for part in option.partition("="))
        if not (name and equals and text):
            raise UsageError(f"--var must be NAME=LOW:HIGH, such as x=-3:3, got {option!r:.80}")
        if name in domain:
            raise UsageError(f"--var gives {name} twice; leave one of them out")
        try:
            Expression.variable(name)
            domain[name] = Sampling.parse(text)
        except (ExpressionError, SuiteError) as error:
            raise UsageError(f"--var {option!r:.80}: {error}") from None
    return domain


def _formula(argument: str, text: str, variables: Iterable[str]) -> Expression:
    """Read FOUND or TRUTH; names are variables where --var says so or where they are no named constants."""
    from srbench_lite.expressions.expression import Expression

    text = _content(argument, text) if text.startswith("@") else text
    try:
        names = Expression.parse(text).variables
        return Expression.parse(text, variables={*names, *variables})
    except ExpressionError as error:
        raise UsageError(f"{argument} is not a formula: {error}") from None


def _content(argument: str, text: str) -> str:
    """Read @FILE, and no more of it than a formula may have."""
    from srbench_lite.expressions.parsing import MAX_LENGTH

    path = Path(text.removeprefix("@"))
    try:
        with path.open(encoding="utf-8") as file:
            content = file.read(MAX_LENGTH + 1)
    except OSError as error:
        raise UsageError(f"{argument}: cannot read {path}: {error.strerror or error}") from None
    except ValueError:
        raise UsageError(f"{argument}: {path} is not UTF-8 text; write the formula into a text file") from None
    if len(content) > MAX_LENGTH:
        raise UsageError(
            f"{argument}: {path} has more than {MAX_LENGTH:,} characters, the most of a formula; shorten it"
        )
    return content
