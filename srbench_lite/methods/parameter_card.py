"""`ParameterCard`: what is known of one hyper-parameter: its value, type, what it may be, and what it is for.

What it is for is the comment behind the field (or above it), as the class's source has it. What it may be is what the
method itself says when a value is refused: it is asked with one that no number and no name can be.
"""

from __future__ import annotations

import ast
import dataclasses
import functools
import inspect
import io
import math
import re
import textwrap
import tokenize
from dataclasses import dataclass
from typing import Any, Final

from srbench_lite.errors import UsageError
from srbench_lite.methods.method import Method

__all__ = ["ParameterCard", "parameter_cards"]

#: What is hardly ever allowed, by type of the present value.
_ODD: Final[dict[type, Any]] = {int: -(10**15), float: math.nan, str: "\N{REPLACEMENT CHARACTER}"}
#: A comment for programs, up to where it goes on for people: `noqa: N815 - so many at most`.
_FOR_PROGRAMS: Final = re.compile(r"^(noqa|type:|fmt:|pragma|pylint).*?(\s-\s|$)")


@dataclass(frozen=True, slots=True, kw_only=True)
class ParameterCard:
    """A hyper-parameter of a method.

    Attributes:
        name: as in --set METHOD.NAME=VALUE.
        value: that it has, its default where nobody has changed it.
        type: in a word or a few, such as "float" or "tuple of str".
        allowed: what it must be, in the method's words; empty where it may be anything of its type.
        help: what it is for; empty where the source does not say.
    """

    name: str
    value: Any
    type: str
    allowed: str = ""
    help: str = ""


def parameter_cards(method: Method) -> tuple[ParameterCard, ...]:
    """Return what is known of each hyper-parameter of a method, in its order."""
    comments = _comments_of(type(method))
    annotations = {field.name: str(field.type) for field in dataclasses.fields(method)}
    return tuple(
        ParameterCard(
            name=name, value=value, type=_type(value, annotations.get(name, "")),
            allowed=_allowed(method, name, value), help=comments.get(name, ""),
        )
        for name, value in method.parameters().items()
    )  # fmt: skip


def _type(value: Any, annotation: str = "") -> str:
    if value is None:
        return "none"
    if "None" in annotation:
        return f"{_type(value)} or none"
    if isinstance(value, tuple):
        return f"list of {' or '.join(dict.fromkeys(map(_type, value))) or 'values'}"
    return type(value).__name__


def _allowed(method: Method, name: str, value: Any) -> str:
    """Return what a method says that a parameter must be, when it is asked with an odd value."""
    sample = value[0] if isinstance(value, tuple) and value else value
    if type(sample) not in _ODD:
        return ""
    odd = _ODD[type(sample)]
    try:
        dataclasses.replace(method, **{name: (odd,) if isinstance(value, tuple) else odd})
    except UsageError as error:
        said = re.fullmatch(rf"{re.escape(f'{method.name}.{name}')} must be (.*), got .*", str(error), re.DOTALL)
        return said[1] if said else ""
    except Exception:  # noqa: BLE001 - a method that does not refuse values as it should has said nothing
        return ""
    return ""


def _comments_of(kind: type) -> dict[str, str]:
    """Return the comments of all fields of a class and its bases, by name."""
    found: dict[str, str] = {}
    for base in reversed(kind.__mro__):
        if base not in (object, Method) and dataclasses.is_dataclass(base):
            found |= _comments(base)
    return found


@functools.cache
def _comments(kind: type) -> dict[str, str]:
    """Return the comments of the fields that stand in a class itself; none where its source is not to be had."""
    try:
        source = textwrap.dedent(inspect.getsource(kind))
        (tree,) = ast.parse(source).body
        tokens = [*tokenize.generate_tokens(io.StringIO(source).readline)]
    except (OSError, TypeError, SyntaxError, ValueError, tokenize.TokenError):
        return {}
    if not isinstance(tree, ast.ClassDef):
        return {}
    comments = {token.start[0]: token for token in tokens if token.type == tokenize.COMMENT}
    alone = {line for line, token in comments.items() if not token.line[: token.start[1]].strip()}
    stripped = {line: token.string.lstrip("#:").strip() for line, token in comments.items()}
    texts = {line: text for line, said in stripped.items() if (text := _FOR_PROGRAMS.sub("", said, count=1))}
    found = {}
    for node in tree.body:
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            lines = range(node.lineno, (node.end_lineno or node.lineno) + 1)
            said = [texts[line] for line in lines if line in texts]
            above = node.lineno - 1
            while not said and above in alone:
                above -= 1
            said = said or [texts[line] for line in range(above + 1, node.lineno) if line in texts]
            if said:
                found[node.target.id] = " ".join(said)
    return found
