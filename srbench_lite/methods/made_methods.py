"""`made_method`: names such as `command:./my_method` to methods that no plugin offers, made when they are named.

Such a name is a prefix, a colon and a text that only the maker of that prefix understands. The same name gives the same
method in every process, so a worker makes it anew from the name alone.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from srbench_lite.errors import UnknownNameError, UsageError
from srbench_lite.methods.method import Method

__all__ = [
    "MAKERS",
    "MadeMethod",
    "folders_elsewhere",
    "how_to_set",
    "is_made",
    "lacks_here",
    "made_method",
    "name_elsewhere",
    "short_name",
]

Maker = Callable[[str], Method]


@dataclass(frozen=True, kw_only=True)
class MadeMethod(Method):
    """A method that is made when it is named: its name, summary and source are its own, not those of its class."""

    @property
    def name_elsewhere(self) -> str:
        """The name by which a process that stands in another folder finds it too."""
        return self.name

    @property
    def beside(self) -> tuple[str, ...]:
        """The folders in which another interpreter must look for modules of the user's that it names."""
        return ()

    @property
    def how_to_set(self) -> str | None:
        """How the parameters are set that are none of its fields; None where there are none."""
        return None

    @property
    def lacks(self) -> str | None:
        """What it lacks in this interpreter, and the command that mends it; None where it can run."""
        return None

    def _describe(self, **attributes: Any) -> None:
        """Set what other methods have from their class."""
        for attribute, value in attributes.items():
            object.__setattr__(self, attribute, value)


def _command(text: str) -> Method:
    from srbench_lite.methods.command_method import command_method

    return command_method(text)


def _command_in(text: str) -> Method:
    from srbench_lite.methods.command_method import command_method_in

    return command_method_in(text)


def _sklearn(text: str) -> Method:
    from srbench_lite.methods.sklearn_method import sklearn_method

    return sklearn_method(text)


#: By prefix: what makes a method of the text after the colon, or raises `UsageError`.
MAKERS: Final[Mapping[str, Maker]] = {"command": _command, "command-in": _command_in, "sklearn": _sklearn}


def is_made(name: str) -> bool:
    """Return whether a name is that of a method that is made when it is named."""
    prefix, colon, _ = name.partition(":")
    return bool(colon) and prefix in MAKERS


def made_method(name: str) -> Method | None:
    """Return the method that a name with a prefix says; None where the name has no prefix.

    Raises:
        UnknownNameError: no methods are made of names with that prefix.
        UsageError: the text after the prefix says no method.
    """
    prefix, colon, text = name.partition(":")
    if not colon:
        if name in MAKERS:
            raise UsageError(f"{name} needs a text after a colon that says which method is meant: {name}:TEXT")
        return None
    if prefix not in MAKERS:
        raise UnknownNameError("prefix of a method", prefix, MAKERS)
    return MAKERS[prefix](text)


def name_elsewhere(method: Method) -> str:
    """Return the name by which a process that stands in another folder finds the method too."""
    return method.name_elsewhere if isinstance(method, MadeMethod) else method.name


def folders_elsewhere(method: Method) -> tuple[str, ...]:
    """Return the folders in which another interpreter must look for modules of the user's that the method names."""
    return method.beside if isinstance(method, MadeMethod) else ()


def how_to_set(method: Method) -> str | None:
    """Say how the parameters are set of a method that has none of its own; None where it has its own, or none."""
    return method.how_to_set if isinstance(method, MadeMethod) else None


def lacks_here(method: Method) -> str | None:
    """Say what a made method lacks in this interpreter, and the command that mends it; None where it can run."""
    return method.lacks if isinstance(method, MadeMethod) else None


def short_name(name: str) -> str:
    """Return what a name may be shortened to in --set: the word after the last colon, or the name itself."""
    last = name.rpartition(":")[2]
    return last if is_made(name) and last.isidentifier() else name
