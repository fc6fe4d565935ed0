"""`Command`: a command whose help ends with lists and examples, each item on a line of its own.

click joins the lines of a docstring. So what is no prose is given to the command, not written into its docstring.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import click

__all__ = ["Command"]


class Command(click.Command):
    """A command, or a group of them.

    Args:
        examples: command lines, shown as they are.
        lists: by heading, terms with what they mean, such as files or exit codes.
    """

    def __init__(
        self, *arguments: Any, examples: Sequence[str] = (), lists: Mapping[str, Mapping[str, str]] | None = None,
        **settings: Any,
    ) -> None:  # fmt: skip
        super().__init__(*arguments, **settings)
        self.examples = tuple(examples)
        self.lists = dict(lists or {})

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the lists, and then the examples."""
        for heading, meanings in self.lists.items():
            with formatter.section(heading):
                formatter.write_dl(list(meanings.items()))
        if self.examples:
            with formatter.section("Examples"):
                for line in self.examples:
                    formatter.write(f"{'':{formatter.current_indent}}{line}\n")
