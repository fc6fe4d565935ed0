"""`Method`: what a plugin offers; `Budget`: what it may use; `Fit`: what it returns."""

from __future__ import annotations

import dataclasses
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar, Literal, Protocol, Self

from srbench_lite.errors import ExpressionError, UnknownNameError, UsageError
from srbench_lite.expressions.expression import Expression
from srbench_lite.methods.parameters import changed

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from srbench_lite.problems.data import Samples

__all__ = ["Budget", "Capabilities", "Fit", "Inspection", "Method", "Report", "can_be_inspected"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """What one fit may use. Enforced from outside; a method may read it to plan counted work that fits."""

    seconds: float = 60.0  # wall clock of `fit`
    memory_mb: float = 4096.0  # resident memory of the whole process tree, in MiB
    threads: int = 1  # threads of numerical libraries, set before they are loaded
    artifacts: str = ""  # folder for files that the fit may leave; empty: nothing is kept

    def __post_init__(self) -> None:
        for name, low in (("seconds", 0.0), ("memory_mb", 0.0), ("threads", 0)):
            value = getattr(self, name)
            if isinstance(value, bool) or not isinstance(value, int | float) or not low < value < float("inf"):
                raise UsageError(f"the budget's {name} must be a positive number, got {value!r}")
        if not isinstance(self.threads, int):
            raise UsageError(f"the budget's threads must be a whole number, got {self.threads!r}")
        if not isinstance(self.artifacts, str):
            raise UsageError(f"the budget's artifacts must be the path of a folder as text, got {self.artifacts!r}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Capabilities:
    """What a method says about itself; checked by the conformance kit."""

    max_variables: int | None = None  # tasks with more are skipped; None: any number
    deterministic: bool = True  # the same seed gives the same formula, text for text
    weighted: bool = False  # `Samples.weights` count in the fit and the choice; otherwise all points count alike


class Report(Protocol):
    """Hands in the best formula so far, so that a run stopped at its limit is still scored."""

    def __call__(self, expression: Expression) -> None:
        """Report `expression` as the best so far."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Fit:
    """What a method found.

    Attributes:
        expression: the answer.
        candidates: the method's own Pareto front, simplest first; may be empty.
        predictions: the method's own values on the training points, shape (n,), where it has any besides the
            formula; the harness replays the formula against them.
        stopped: "budget" when the clock, not the plan, ended the search.
        extras: small JSON-able facts for the record; `noise` among them says what errors of y were assumed.

    Raises:
        ExpressionError: `expression` or a candidate is no Expression.
    """

    expression: Expression
    candidates: Sequence[Expression] = ()
    predictions: NDArray[np.float64] | None = None
    stopped: Literal["done", "budget"] = "done"
    extras: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        object.__setattr__(self, "candidates", tuple(self.candidates))
        for what, value in (("expression", self.expression), *(("candidates", c) for c in self.candidates)):
            if not isinstance(value, Expression):
                raise ExpressionError(
                    f"Fit.{what} must hold an Expression, got {type(value).__name__}; use Expression.parse(text)"
                )


@dataclass(frozen=True, kw_only=True)
class Method(ABC):
    """A symbolic-regression method: a frozen dataclass whose fields are its hyper-parameters.

    A concrete method sets the class attributes and `fit`, and is final: to vary it, change its fields. Hyper-parameters
    are bool, int, float, str, None or tuples of these; `require` in `__post_init__` says which values are refused.
    """

    name: ClassVar[str]  # as typed after --method
    summary: ClassVar[str]  # one line
    source: ClassVar[str]  # citation: authors, title, year, DOI or arXiv number
    version: ClassVar[str] = "1"  # raised when the same data can give another formula; part of a record's key
    capabilities: ClassVar[Capabilities] = Capabilities()
    engine: ClassVar[tuple[str, ...]] = ()  # modules that `fit` needs; the runner imports them once, before forking
    environment: ClassVar[str | None] = None  # in which `fit` runs (`srbench env`); None: in srbench-lite's own
    #: What is installed in that environment, as pip takes it; what begins with "build:" goes first and builds the rest.
    requirements: ClassVar[tuple[str, ...]] = ()
    licence: ClassVar[str] = ""  # of what the method wraps, such as "MIT"; empty: that of its distribution

    @abstractmethod
    def fit(self, samples: Samples, *, seed: int, budget: Budget, report: Report) -> Fit:
        """Find a formula for `samples`.

        Args:
            samples: the training points, read-only.
            seed: the only source of randomness, from 0 to 2**63 - 1; `seed % 2**32` for what takes 32 bits.
            budget: what may be used. Plan counted steps that fit; the clock only cuts off.
            report: takes the best formula so far.

        Raises:
            FitError: the method ran and found nothing (status `failed`).
        """

    def inspect(self, samples: Samples, *, seed: int, budget: Budget, report: Report) -> Inspection:
        """Do what `fit` does, and return the trained model with what it found (`srbench inspect` draws it).

        Raises:
            UsageError: the method trains no model that can be inspected, as long as it does not override this.
            FitError: the method ran and found nothing.
        """
        raise UsageError(f"{self.name} trains no model that can be inspected")

    def identity(self) -> str:
        """Return what defines this method besides its files: it is part of the fingerprint of its code."""
        return ""

    def skip_reason(self, samples: Samples) -> str | None:
        """Say why this method cannot be run on `samples` at all, or None."""
        most = self.capabilities.max_variables
        if most is not None and len(samples.variables) > most:
            return f"at most {most} variable{'s' * (most != 1)}, the task has {len(samples.variables)}"
        return None

    def require(self, condition: bool, parameter: str, allowed: str) -> None:
        """Refuse a hyper-parameter; to be called in `__post_init__`.

        Args:
            condition: what must hold.
            parameter: name of the field.
            allowed: what it may be, such as "a positive number": the end of "lasso.alpha must be ...".

        Raises:
            UsageError: the condition does not hold; its text names the method, the parameter and the value.
        """
        if not condition:
            raise UsageError(f"{self.name}.{parameter} must be {allowed}, got {getattr(self, parameter)!r}")

    def parameters(self) -> dict[str, Any]:
        """Return the hyper-parameters by name."""
        return {f.name: getattr(self, f.name) for f in dataclasses.fields(self)}

    def with_parameters(self, parameters: Mapping[str, Any]) -> Self:
        """Return the method with some hyper-parameters changed.

        Texts (from a command line) are read as JSON where the present value is no text; a tuple may be written `8,8`.

        Raises:
            UnknownNameError: no such hyper-parameter.
            UsageError: a value of the wrong type, or one that the method refuses; the text names the method.
        """
        known = self.parameters()
        fields = {f.name: f for f in dataclasses.fields(self)}
        new: dict[str, Any] = {}
        for name, value in parameters.items():
            if name not in known:
                raise UnknownNameError(f"hyper-parameter of {self.name}", name, known)
            new[name] = changed(f"{self.name}.{name}", value, known[name], str(fields[name].type))
        try:
            return dataclasses.replace(self, **new)
        except UsageError as error:
            if self.name in str(error):
                raise
            raise UsageError(f"{self.name}: {error}") from None
        except Exception as error:  # noqa: BLE001 - of a method that does not say it with `require`
            said = f"{type(error).__name__}: {error}" if not isinstance(error, TypeError | ValueError) else error
            raise UsageError(f"{self.name} refuses {dict(parameters)}: {said}") from None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Inspection:
    """What `Method.inspect` returns.

    Attributes:
        fit: what `Method.fit` would have returned.
        predict: the trained model: inputs of shape (n, d) to values of shape (n,), in the units of the samples.
        hidden: inputs of shape (n, d) to the activations of each layer by its name, each of shape (n, width).
        losses: curves by name, such as "training" and "held back", each of shape (epochs,).
    """

    fit: Fit
    predict: Callable[[NDArray[np.float64]], NDArray[np.float64]]
    hidden: Callable[[NDArray[np.float64]], Mapping[str, NDArray[np.float64]]]
    losses: Mapping[str, NDArray[np.float64]]


def can_be_inspected(method: Method) -> bool:
    """Return whether a method has a trained model to look into."""
    return type(method).inspect is not Method.inspect
