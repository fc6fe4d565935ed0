r"""LaTeX to the tokens that the parser takes: \frac{a}{b}, \sqrt[3]{x}, \sin^{2}\left(x\right), x_{1}, e^{-x}.

Groups become parentheses, and a function without them takes the factors that follow it: \sin 2x \cos y is
sin(2*x)*cos(y). Groups are kept on a stack of our own, so nesting cannot exhaust the interpreter's. Letters are
variables one by one unless a name of more than one is known, or set upright (\mathrm{mass}).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Final, NamedTuple

from srbench_lite.errors import suggest
from srbench_lite.expressions.dialects import OWN
from srbench_lite.expressions.expression import MAX_NAME
from srbench_lite.expressions.tokens import Kind, Token, fault

__all__ = ["latex_tokens"]

#: Letters that are looked at as one: a run of more is no name, and is not looked at again to its end at each letter.
_LONGEST_RUN: Final = MAX_NAME + 1
_LEXEME: Final = re.compile(
    r"(?P<skip>\s+|~|\\[,;:!> ]|\\(?:quad|qquad|displaystyle|textstyle|limits|left\.|right\.)(?![A-Za-z])|\$+"
    r"|\\[\[\]()])"
    r"|(?P<number>(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)"
    r"|(?P<command>\\(?:left|right|[bB]igg?[lrm]?)?\s*(?:\\[A-Za-z]+|\\[{}|_]|[()\[\]|]|(?<=\\)[A-Za-z]+|(?<=\\)[{}|]))"
    rf"|(?P<letters>[A-Za-z]{{1,{_LONGEST_RUN}}})"
    r"|(?P<sign>[-+*/^_(){}\[\]|,−×·⋅÷<>])"
)
_POWER_OF_TEN: Final = re.compile(r"\s*\\(?:cdot|times)\s*10\s*\^\s*(?:\{\s*([+-]?[0-9]{1,6})\s*\}|([0-9])(?![0-9]))")
_BLANKS: Final = re.compile(r"(?:\s|~|\\[,;:!> ]|\\limits(?![A-Za-z]))*")
#: What stands in the braces of a subscript: it neither begins nor ends with a blank, so that it is found at once.
_INDEX: Final = r"\s{0,99}([A-Za-z0-9_,\\](?:[A-Za-z0-9_,\\ ]{0,98}[A-Za-z0-9_,\\])?)\s{0,99}"
_SUBSCRIPT: Final = re.compile(
    r"\s*_\s*(?:([A-Za-z0-9])"
    rf"|\{{{_INDEX}\}}"
    rf"|\{{\s{{0,99}}\\(?:mathrm|text|textrm|mathit|rm)\s{{0,99}}\{{{_INDEX}\}}\s{{0,99}}\}})"
)
_UPRIGHT: Final = re.compile(r"\s*\{((?:[A-Za-z0-9 \-]|\\?_|\\ ){1,200})\}")
_WHOLE_EXPONENT: Final = re.compile(r"\s*\^\s*(?:\{\s*(-?[0-9]{1,4})\s*\}|([0-9])(?![0-9]))")
_TWO_DIGITS: Final = re.compile(r"\s*[0-9][0-9]")
_CARET: Final = re.compile(r"\s*\^")
_ROOT: Final = re.compile(r"\s*\[\s*([0-9]{1,4})\s*\]")
_OPEN: Final = re.compile(r"(?:\s|\\[,;:!> ])*(?:\\(?:left|[bB]igg?l?)\s*)?([(\[]|\\\{|\\lbrace(?![A-Za-z]))")
_LOG_BASE: Final = re.compile(r"\s*_\s*(?:\{\s*([0-9]+|e)\s*\}|([0-9e]))")
_SIZE: Final = re.compile(r"\\(left|right|[bB]igg?[lrm]?)\s*(?=[^A-Za-z\s])")
_GREEK: Final = frozenset([
    "alpha", "beta", "gamma", "delta", "epsilon", "varepsilon", "zeta", "eta", "theta", "vartheta", "iota", "kappa",
    "lambda", "mu", "nu", "xi", "pi", "rho", "sigma", "tau", "upsilon", "phi", "varphi", "chi", "psi", "omega",
    "Gamma", "Delta", "Theta", "Lambda", "Xi", "Pi", "Sigma", "Upsilon", "Phi", "Psi", "Omega", "hbar", "ell",
])  # fmt: skip
_FUNCTIONS: Final = frozenset([
    "sin", "cos", "tan", "cot", "sec", "csc", "sinh", "cosh", "tanh", "coth", "arcsin", "arccos", "arctan", "exp",
    "ln", "log", "min", "max",
])  # fmt: skip
_INVERSES: Final = {"sin": "asin", "cos": "acos", "tan": "atan", "sinh": "asinh", "cosh": "acosh", "tanh": "atanh"}
_OPERATORS: Final = {"cdot": "*", "times": "*", "ast": "*", "div": "/", "lt": "<", "gt": ">", "le": "<=", "ge": ">=",
                     "leq": "<=", "geq": ">="}  # fmt: skip
_SIGNS: Final = {"−": "-", "×": "*", "·": "*", "⋅": "*", "÷": "/"}
_OPENING: Final = {"(": ")", "[": "]", "\\{": "\\}", "lbrace": "rbrace"}
_OPENING_CALLS: Final = {"lfloor": ("floor", "rfloor"), "lceil": ("ceil", "rceil"), "lvert": ("abs", "rvert")}
_CLOSING: Final = frozenset({")", "]", "\\}", "rbrace", "rfloor", "rceil", "rvert"})
_NOT_SUPPORTED: Final = frozenset([
    "sum", "int", "prod", "lim", "partial", "begin", "end", "binom", "pm", "mp", "infty", "nabla", "prime",
])  # fmt: skip
_UPRIGHT_COMMANDS: Final = frozenset([
    "mathrm", "text", "textrm", "mathit", "mathbf", "mathsf", "operatorname", "boldsymbol",
])  # fmt: skip


class _Group(NamedTuple):
    """Something that is open.

    Attributes:
        closer: what closes it; empty for the argument of a function without parentheses.
        after: symbols and numbers to add once it is closed.
        then: what follows: "denominator" of a fraction, or nothing.
    """

    closer: str
    after: tuple[str, ...]
    then: str = ""


def latex_tokens(text: str, is_known: Callable[[str], bool]) -> Iterator[Token]:
    """Yield the tokens of a formula in LaTeX.

    Args:
        text: the formula; dollar signs around it are left out.
        is_known: whether a name is a variable's.
    """
    yield from _Reader(text, is_known).tokens()


class _Reader:
    def __init__(self, text: str, is_known: Callable[[str], bool]) -> None:
        self.text = text
        self.is_known = is_known
        self.position = 0
        self.groups: list[_Group] = []
        self.ready: list[Token] = []
        self.note = ""  # what is to be said with the next token
        self.has_value = False  # whether a value ends here

    def tokens(self) -> Iterator[Token]:
        end = len(self.text)
        while self.position < end:
            match = _LEXEME.match(self.text, self.position)
            if match is None:
                raise fault(self.text, "unexpected character", self.position)
            start, self.position = self.position, match.end()
            if match.lastgroup != "skip":
                self.take(str(match.lastgroup), match[0], start)
                yield from self.ready
                self.ready.clear()
        while self.groups and not self.groups[-1].closer:
            self.finish(end)
        yield from self.ready
        if self.groups:
            raise fault(self.text, "a group is never closed", end)

    # --- what is added ------------------------------------------------------------------------------------------

    def add(self, kind: Kind, text: str, start: int, note: str = "") -> None:
        self.ready.append((kind, text, start, note or self.note))
        self.note = ""
        self.has_value = kind in ("number", "name") or text == ")"

    def symbols(self, symbols: tuple[str, ...], start: int) -> None:
        for symbol in symbols:
            self.add("number" if symbol.isdigit() else "symbol", symbol, start)

    def open(self, closer: str, start: int, after: tuple[str, ...] = (")",), then: str = "") -> None:
        self.add("symbol", "(", start)
        self.groups.append(_Group(closer, after, then))

    def finish(self, start: int) -> None:
        """Close the group that was opened last."""
        group = self.groups.pop()
        self.symbols(group.after, start)
        if group.then == "denominator":
            self.add("symbol", "/", start)
            self.argument((")", ")"), start)

    def argument(self, after: tuple[str, ...], start: int, then: str = "") -> None:
        """Take what a command or a script applies to: a group in braces, or one character."""
        blanks = _BLANKS.match(self.text, self.position)
        place = blanks.end() if blanks else self.position
        character = self.text[place : place + 1]
        if character == "{":
            self.position = place + 1
            self.open("}", start, after, then)
            return
        match = _LEXEME.match(self.text, place)
        command = match[0][1:] if match else ""
        simple = character.isalnum() or (character == "\\" and command in _GREEK)
        if match is None or not simple:
            raise fault(self.text, "a value in braces is missing", place)
        self.open("", start, after, then)
        if character == "\\":
            self.position = match.end()
            self.take("command", match[0], place)
        else:
            self.position = place + 1
            self.take("number" if character.isdigit() else "letters", character, place, alone=True)
        self.finish(place)

    # --- lexemes ------------------------------------------------------------------------------------------------

    def take(self, kind: str, lexeme: str, start: int, *, alone: bool = False) -> None:
        if kind == "number":
            self.number(lexeme, start, alone)
        elif kind == "letters":
            self.letters(lexeme, start, alone)
        elif kind == "sign":
            self.sign(lexeme, start)
        else:
            self.command(_SIZE.sub("", lexeme).removeprefix("\\left").removeprefix("\\right").strip(), lexeme, start)

    def number(self, lexeme: str, start: int, alone: bool) -> None:
        power = None if alone else _POWER_OF_TEN.match(self.text, self.position)
        if power and "e" not in lexeme.lower():
            self.position = power.end()
            lexeme = f"{lexeme}e{power[1] or power[2]}"
        self.add("number", lexeme, start)

    def letters(self, lexeme: str, start: int, alone: bool) -> None:
        called = len(lexeme) > 1 and lexeme in OWN.functions and _OPEN.match(self.text, self.position)
        if called and not self.is_known(lexeme):
            self.function(lexeme, start, f"{lexeme} is read as the function; in LaTeX it is \\{lexeme}")
            return
        if not alone and self.is_known(lexeme):
            self.variable(lexeme, start)
            return
        self.position = start + 1
        letter = lexeme[0]
        if len(lexeme) > 1 and not alone and not self.text[start - 1 : start].isalpha():
            product = "*".join(lexeme[:20])
            self.note = f"{lexeme[:20]} is read as {product}; one variable is \\mathrm{{{lexeme[:20]}}}"
        if letter == "e" and not self.is_known("e") and not alone:
            exponent = _CARET.match(self.text, self.position)
            if exponent:
                self.position = exponent.end()
                self.add("call", "exp", start)
                self.add("symbol", "(", start)
                self.argument((")", ")"), start)
                return
        if alone:
            self.add("name", letter, start)
        else:
            self.variable(letter, start)

    def variable(self, name: str, start: int) -> None:
        subscript = _SUBSCRIPT.match(self.text, self.position)
        if subscript:
            self.position = subscript.end()
            index = re.sub(r"[\\ ,]+", "_", (subscript[1] or subscript[2] or subscript[3]).replace("\\_", "_")).strip(
                "_"
            )
            joined = [f"{name}_{index}", f"{name}{index}", f"{name}__{index}"]
            name = next((one for one in joined if self.is_known(one)), joined[0])
        self.add("name", name, start)

    def sign(self, lexeme: str, start: int) -> None:
        if lexeme in "+-−*/×·⋅÷,<>)]}":
            self.end_arguments(start)
        if lexeme == "{":
            self.open("}", start)
        elif lexeme in _OPENING:
            if self.has_value:
                self.end_arguments(start)
            self.open(_OPENING[lexeme], start)
        elif lexeme in ("}", ")", "]"):
            self.close(lexeme, start)
        elif lexeme == "|":
            self.bar(start)
        elif lexeme == "^":
            if _TWO_DIGITS.match(self.text, self.position):
                raise fault(self.text, "LaTeX takes only one digit here; put braces around the number", start)
            self.add("symbol", "**", start)
            self.argument((")",), start)
        elif lexeme == "_":
            raise fault(self.text, "a subscript without a variable", start)
        else:
            self.add("symbol", _SIGNS.get(lexeme, lexeme), start)

    def bar(self, start: int) -> None:
        if self.has_value:
            self.end_arguments(start)
            self.close("|", start)
        else:
            self.add("call", "abs", start)
            self.open("|", start)

    def end_arguments(self, start: int) -> None:
        """Close the arguments of functions without parentheses: what comes next is not theirs."""
        while self.groups and not self.groups[-1].closer:
            self.finish(start)

    def close(self, closer: str, start: int) -> None:
        self.end_arguments(start)
        if not self.groups or self.groups[-1].closer != closer:
            opened = f" closes what {self.groups[-1].closer!r} should close" if self.groups else " was never opened"
            raise fault(self.text, f"{closer!r}{opened}", start)
        self.finish(start)

    # --- commands -----------------------------------------------------------------------------------------------

    def command(self, plain: str, lexeme: str, start: int) -> None:
        name = plain.removeprefix("\\")
        if plain in ("(", "[", "]", ")"):
            self.sign(plain, start)
        elif name in ("|", "vert", "Vert", "mid"):
            self.bar_of(lexeme, start)
        elif name in _OPERATORS:
            self.end_arguments(start)
            self.add("symbol", _OPERATORS[name], start)
        elif name in ("frac", "dfrac", "tfrac", "cfrac"):
            self.add("symbol", "(", start)
            self.argument((")",), start, "denominator")
        elif name == "sqrt":
            self.root(start)
        elif name in ("{", "lbrace"):
            self.open("\\}" if name == "{" else "rbrace", start)
        elif name in _OPENING_CALLS:
            function, closer = _OPENING_CALLS[name]
            self.add("call", function, start)
            self.open(closer, start)
        elif plain in _CLOSING or name in _CLOSING:
            self.close(plain if plain in _CLOSING else name, start)
        elif name in _UPRIGHT_COMMANDS:
            self.upright(name, start)
        elif name in _FUNCTIONS:
            if name == "log":
                self.logarithm(start)
            else:
                self.function(name, start)
        elif name in _GREEK:
            self.greek(name.removeprefix("var"), start)
        elif name in _NOT_SUPPORTED:
            raise fault(self.text, f"\\{name} is known, but not supported: formulas here have none such", start)
        else:
            known = [*_FUNCTIONS, *_GREEK, *_OPERATORS, *_UPRIGHT_COMMANDS, "frac", "sqrt", "left", "right"]
            raise fault(self.text, f"unknown command {lexeme[:40]!r}.{suggest(name[:40], known, listed=6)}", start)

    def bar_of(self, lexeme: str, start: int) -> None:
        if "left" in lexeme or lexeme.startswith(("\\bigl", "\\Bigl")):
            self.has_value = False
        elif "right" in lexeme or lexeme.startswith(("\\bigr", "\\Bigr")):
            self.has_value = True
        self.bar(start)

    def root(self, start: int) -> None:
        order = _ROOT.match(self.text, self.position)
        if order is None or order[1] in ("2", "3"):
            self.position = order.end() if order else self.position
            self.add("call", "cbrt" if order and order[1] == "3" else "sqrt", start)
            self.add("symbol", "(", start)
            self.argument((")", ")"), start)
        else:
            self.position = order.end()
            self.add("symbol", "(", start)
            self.argument((")", "**", "(", "1", "/", order[1], ")", ")"), start)

    def upright(self, command: str, start: int) -> None:
        content = _UPRIGHT.match(self.text, self.position)
        if content is None:
            raise fault(self.text, f"\\{command} needs a name in braces", start)
        self.position = content.end()
        name = re.sub(r"\\?[ _]|-", "_", content[1].strip())
        is_function = name in OWN.functions and (command == "operatorname" or _OPEN.match(self.text, self.position))
        if is_function and not (self.is_known(name) and command != "operatorname"):
            self.function(name, start)
        else:
            self.variable(name, start)

    def greek(self, name: str, start: int) -> None:
        function = {"Gamma": "gamma", "psi": "digamma"}.get(name)
        if function and not self.is_known(name) and _OPEN.match(self.text, self.position):
            self.function(function, start, f"\\{name} before a parenthesis is read as the function {function}")
        else:
            self.variable(name, start)

    def logarithm(self, start: int) -> None:
        base = _LOG_BASE.match(self.text, self.position)
        name = "log"
        if base:
            self.position = base.end()
            number = base[1] or base[2]
            if number not in ("2", "10", "e"):
                raise fault(
                    self.text, f"a logarithm with the base {number}: write \\frac{{\\ln x}}{{\\ln {number}}}", start
                )
            name = "log" if number == "e" else f"log{number}"
        self.function(name, start, "" if base else "\\log is read as the natural logarithm")

    def function(self, name: str, start: int, note: str = "") -> None:
        exponent = _WHOLE_EXPONENT.match(self.text, self.position)
        after: tuple[str, ...] = (")",)
        if exponent:
            self.position = exponent.end()
            number = exponent[1] or exponent[2]
            if number == "-1" and name in _INVERSES:
                note = f"\\{name}^{{-1}} is read as {_INVERSES[name]}"
                name = _INVERSES[name]
            elif number.startswith("-"):
                after = (")", "**", "(", "-", number[1:], ")")
            else:
                after = (")", "**", number)
        if self.has_value:
            self.end_arguments(start)
        self.add("call", name, start, note)
        opened = _OPEN.match(self.text, self.position)
        if opened:
            self.position = opened.end()
            self.open(_OPENING[opened[1] if opened[1] != "\\lbrace" else "lbrace"], start, after)
            return
        blanks = _BLANKS.match(self.text, self.position)
        place = blanks.end() if blanks else self.position
        if self.text[place : place + 1] == "{":
            self.position = place + 1
            self.open("}", start, after)
        else:
            self.open("", start, after)
