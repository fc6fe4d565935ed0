"""`SavedRun`: the recommended formula of own data and how its file was read, as a file that a later command reads back.

Nothing of the file is believed that does not check: formulas go through our own parser.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from srbench_lite.errors import ExpressionError, UsageError
from srbench_lite.expressions.expression import Expression
from srbench_lite.files import write_text
from srbench_lite.regression.data_fit import DataFit

__all__ = ["SavedRun"]

#: The file in the folder of `srbench fit --out`.
_NAME: Final = "run.json"
_FORMAT: Final = 1
_MAX_REASON: Final = 300  # characters of what is wrong, which may quote a value of any length


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SavedRun:
    """A formula, and what it takes to apply it to another file.

    Attributes:
        expression: the formula.
        target: what the data file calls the target.
        variables: what it calls each variable, by its name in the formula.
        table: options of the data file that were given.
        facts: what else is worth knowing: what was assumed of the file, what each method found. Nobody reads it back.
    """

    expression: Expression
    target: str
    variables: Mapping[str, str]
    table: Mapping[str, Any]
    facts: Mapping[str, Any]

    @classmethod
    def of(cls, fit: DataFit, expression: Expression, *, target: str, table: Mapping[str, Any]) -> SavedRun:
        """Return what is to be kept of a fit.

        Args:
            fit: what methods made of the data.
            expression: the recommended formula.
            target: identifier of the target's column.
            table: options of the data file that were given.
        """
        headers = fit.task.headers
        return cls(
            expression=expression, target=headers.get(target) or target, table=table,
            variables={name: headers.get(name) or name for name in fit.task.variables},
            facts={
                "task": fit.task.name, "note": fit.task.note, "interrupted": fit.summary.interrupted,
                "methods": {
                    name: {"formula": str(fit.answers[name]) if name in fit.answers else None,
                           "reason": fit.reasons.get(name)}
                    for name in fit.methods
                },
            },
        )  # fmt: skip

    def document(self) -> dict[str, Any]:
        """Return it as plain JSON values."""
        return {
            "format": _FORMAT, "formula": str(self.expression), "target": self.target,
            "variables": dict(self.variables), "table": dict(self.table), **self.facts,
        }  # fmt: skip

    def write(self, folder: Path) -> Path:
        """Write it into a folder; return the file."""
        write_text(folder / _NAME, json.dumps(self.document(), ensure_ascii=False, indent=1) + "\n")
        return folder / _NAME

    @classmethod
    def read(cls, folder: Path) -> SavedRun:
        """Read it from a folder.

        Raises:
            UsageError: there is none, or something else.
        """
        path = folder / _NAME
        try:
            content = json.loads(path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            raise UsageError(f"{folder} has no {_NAME}: it is no folder that `srbench fit --out` wrote") from None
        except OSError as error:
            raise UsageError(f"cannot read {path}: {error.strerror or error}") from None
        except (ValueError, RecursionError) as error:
            raise UsageError(f"{path} is no JSON: {error}") from None
        try:
            return cls._of_document(content)
        except (LookupError, TypeError, ValueError, ExpressionError) as error:
            why = str(error)[:_MAX_REASON]
            raise UsageError(f"{path} is nothing that `srbench fit` wrote ({why}); fit again") from None

    @classmethod
    def _of_document(cls, content: Any) -> SavedRun:
        if content["format"] != _FORMAT:
            raise ValueError(f"its format is {content['format']!r:.40}, and {_FORMAT} is read")
        variables, table = content["variables"], content["table"]
        if not isinstance(variables, dict) or not isinstance(table, dict):
            raise TypeError("its variables or its table are no object")
        if not all(isinstance(text, str) for text in (content["formula"], content["target"], *variables.values())):
            raise TypeError("a name or the formula is no text")
        return cls(
            expression=Expression.parse(content["formula"], variables=tuple(variables)), target=content["target"],
            variables=variables, table=table, facts={},
        )  # fmt: skip
