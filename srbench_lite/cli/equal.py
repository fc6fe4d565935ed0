"""`srbench equal FOUND TRUTH`."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
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
#: The names of `srbench_lite.expressions.dialects.DIALECTS`, here so that the help needs no formulas.
_DIALECTS: Final = ("pysr", "operon", "gplearn", "sympy", "numpy", "latex")
_SETTINGS: Final = {"ignore_unknown_options": True, "allow_extra_args": True, "help_option_names": ["--help"]}


# A formula may begin with a minus, even with -h: there are no short options here, and what is no option is a formula.
@click.command(
    "equal", cls=Command, context_settings=_SETTINGS, lists={"Exit codes": _EXIT_CODES},
    examples=(
        'srbench equal "2.9971*sin(x)" "3*sin(x)" --var x=-3:3',
        'srbench equal "-x*y" @truth.txt --var y=log:0.01:1:both --json',
        'srbench equal "div(X0, 2.5)" "x/2.5" --dialect gplearn --var x=1:3',
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
    "--dialect", type=click.Choice(_DIALECTS),
    help="The program that printed FOUND: its functions, its protected operators, and X0 or X1 for the variables of "
    "--var in their order. TRUTH is read so only where it is no formula otherwise.",
)  # fmt: skip
@click.option(
    "--map", "mapped", multiple=True, metavar="PRINTED=NAME",
    help='Variable that a printed name stands for: X1=x, "flow rate=q". May be repeated.',
)  # fmt: skip
@click.option(
    "--implicit-products", is_flag=True, help="Read values beside each other as products: 2.5 x y is 2.5*x*y."
)
@click.option(
    "--time-limit", type=click.FloatRange(min=0), default=5.0, show_default=True, metavar="SECONDS",
    help="CPU time of the judge; after that the verdict is undecided.",
)  # fmt: skip
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.pass_context
def equal_command(
    context: click.Context, found: str, truth: str, samplings: tuple[str, ...], dialect: str | None,
    mapped: tuple[str, ...], implicit_products: bool, time_limit: float, as_json: bool,
) -> int:  # fmt: skip
    """Say whether one formula is another, and which step of the judge decided.

    FOUND is the formula whose constants may move, and TRUTH is the one that it should be. @FILE reads a formula from a
    file. The two are compared on the ranges of the variables: abs(x) is x for x in 0.1:3, but not for x in -3:3. What
    was assumed in reading them is said on standard error.
    """
    from srbench_lite.judging.judge import judge
    from srbench_lite.problems.sampling import Sampling

    if context.args:
        known = ("--var", "--dialect", "--map", "--implicit-products", "--time-limit", "--json", "--help")
        odd = next((text for text in (found, truth, *context.args) if text.startswith("--")), context.args[0])
        raise UsageError(f"{odd!r:.80} is not an option, and is one formula too many.{suggest(odd, known)}")
    domain, declared = _sampled(samplings)
    reader = _Reader({**declared, **_renamed(mapped)}, dialect, implicit_products)
    formulas = {"FOUND": reader.found(_content("FOUND", found)), "TRUTH": reader.truth(_content("TRUTH", truth))}
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


def _sampled(options: Iterable[str]) -> tuple[dict[str, Sampling], dict[str, str]]:
    """Read NAME=SAMPLING options: samplings by variable, and variables by the names that were given."""
    from srbench_lite.expressions.expression import Expression
    from srbench_lite.problems.sampling import Sampling

    domain: dict[str, Sampling] = {}
    declared: dict[str, str] = {}
    for option in options:
        printed, equals, text = (part.strip() for part in option.partition("="))
        if not (printed and equals and text):
            raise UsageError(f"--var must be NAME=LOW:HIGH, such as x=-3:3, got {option!r:.80}")
        try:
            name = _as_name(printed)
            Expression.variable(name)
            if name in domain:
                raise UsageError(f"--var gives {name} twice; leave one of them out")
            domain[name] = Sampling.parse(text)
        except (ExpressionError, SuiteError) as error:
            raise UsageError(f"--var {option!r:.80}: {error}") from None
        declared[printed] = name
    return domain, declared


def _renamed(options: Iterable[str]) -> dict[str, str]:
    """Read PRINTED=NAME options."""
    from srbench_lite.expressions.expression import Expression

    names: dict[str, str] = {}
    for option in options:
        printed, equals, name = (part.strip() for part in option.rpartition("="))
        if not (printed and equals and name):
            raise UsageError(f"--map must be PRINTED=NAME, such as X1=x, got {option!r:.80}")
        try:
            Expression.variable(name)
        except ExpressionError as error:
            raise UsageError(f"--map {option!r:.80}: {error}") from None
        if names.setdefault(printed, name) != name:
            raise UsageError(f"--map gives {printed} twice; leave one of them out")
    return names


def _as_name(printed: str) -> str:
    """Return what is no identifier, such as "flow rate", as one; letters, digits and underscores stay as they are."""
    from srbench_lite.expressions.variable_names import plain_name

    return printed if re.fullmatch(r"\w+", printed, re.ASCII) else plain_name(printed)


class _Reader:
    """Reads the two formulas and says what was assumed."""

    def __init__(self, names: Mapping[str, str], dialect: str | None, implicit_products: bool) -> None:
        self.names = names
        self.dialect = dialect
        self.implicit_products = implicit_products

    def found(self, text: str) -> Expression:
        """Read FOUND in its dialect."""
        return self.read("FOUND", text, self.dialect)

    def truth(self, text: str) -> Expression:
        """Read TRUTH as formulas are printed here or, where that fails, in FOUND's dialect."""
        if self.dialect is not None:
            try:
                return self.read("TRUTH", text, None)
            except UsageError:
                expression = self.read("TRUTH", text, self.dialect)
                click.echo(f"TRUTH: is read as a formula of {self.dialect}, too", err=True)
                return expression
        return self.read("TRUTH", text, None)

    def read(self, argument: str, text: str, dialect: str | None) -> Expression:
        """Read a formula; names are variables where --var says so or where they mean nothing else."""
        from srbench_lite.expressions.expression import Expression

        try:
            reading = Expression.read(
                text, declared=self.names, dialect=dialect, implicit_products=self.implicit_products
            )
        except ExpressionError as error:
            raise UsageError(f"{argument} is not a formula: {error}") from None
        for note in reading.notes:
            click.echo(f"{argument}: {note}", err=True)
        return reading.expression


def _content(argument: str, text: str) -> str:
    """Return a formula's text; read @FILE, and no more of it than a formula may have."""
    from srbench_lite.expressions.parsing import MAX_LENGTH

    if not text.startswith("@"):
        return text
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
