"""`SklearnMethod`: any regressor with `fit` and `predict`, named by its class: `sklearn:package.module:Class`.

Its hyper-parameters are those of the class's constructor that were set, and `formula`, a function
`package.module:function` that returns the formula of the fitted estimator where none of the known ways does
(`estimator_formula`). Nothing of the class is imported before `fit`, which may run in another interpreter, so a name or
a parameter that the class does not have is found there, and makes the run fail with what is wrong. Where the whole
module is absent, the run is skipped.

What an estimator is told besides, where it has the parameter and nobody has set it: the seed (`SEEDS`), four fifths of
the time limit (`SECONDS`, `MINUTES`; in whole seconds, unless the default is a fraction), the threads (`THREADS`).
"""

from __future__ import annotations

import dataclasses
import hashlib
import importlib
import importlib.metadata
import importlib.util
import inspect
import json
import re
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.machinery import ModuleSpec
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Self

from srbench_lite.errors import FitError, UsageError, suggest
from srbench_lite.methods.estimator_formula import formula_of
from srbench_lite.methods.made_methods import MadeMethod
from srbench_lite.methods.method import Budget, Capabilities, Fit, Report

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from srbench_lite.problems.data import Samples

__all__ = ["MINUTES", "SECONDS", "SEEDS", "THREADS", "SklearnMethod", "sklearn_method"]

#: Parameters that take the seed, modulo 2**31.
SEEDS: Final = ("random_state", "random_seed", "seed")
#: Parameters that take a time limit in seconds, and in minutes.
SECONDS: Final = ("max_time", "time_limit", "timeout_in_seconds", "max_time_in_seconds", "time_limit_seconds")
MINUTES: Final = ("max_time_mins",)
#: Parameters that take a number of threads or processes.
THREADS: Final = ("n_jobs", "n_threads", "num_threads", "nthreads", "max_workers")
#: Share of the time limit that an estimator is told, so that it ends by itself.
_SHARE_OF_TIME: Final = 0.8
_PREFIX: Final = "sklearn"
_FORMULA: Final = "formula"
_PLACE: Final = re.compile(r"[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*:[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*", re.ASCII)
_WORDS: Final = {"True": "true", "False": "false", "None": "null"}
_BITS: Final = 2**31
#: The package whose modules may be imported before processes are forked; others could start threads.
_SKLEARN: Final = "sklearn"
#: Distributions whose name is not that of their module.
_DISTRIBUTIONS: Final = {_SKLEARN: "scikit-learn"}
#: What decides which formula comes of a fitted estimator.
_FILES: Final = ("sklearn_method.py", "estimator_formula.py", "printed_formula.py")


def sklearn_method(text: str) -> SklearnMethod:
    """Return the method of `package.module:Class`; raises `UsageError` where the text is none."""
    return SklearnMethod(target=text)


@dataclass(frozen=True, kw_only=True)
class SklearnMethod(MadeMethod):
    """A regressor of another package.

    Attributes:
        target: the class, `package.module:Class`.
        settings: what its constructor is called with, by name, as JSON.
    """

    name = _PREFIX
    summary = "a regressor of another package"
    source = "the authors of that package"
    capabilities = Capabilities(deterministic=False)  # nobody knows
    engine = ("sklearn.base",)  # most are built on it, and it starts nothing that a fork would break

    target: str
    settings: str = "{}"

    def __post_init__(self) -> None:
        if not _PLACE.fullmatch(self.target):
            raise UsageError(
                f"{_PREFIX}: must be followed by package.module:Class, as in sklearn:sklearn.linear_model:Ridge, got "
                f"{self.target!r}"
            )
        module, _, kind = self.target.partition(":")
        self._describe(
            name=f"{_PREFIX}:{self.target}", summary=f"the regressor {kind} of {module}",
            source=f"the authors of {_top(module)}; nothing was tuned, its defaults hold",
            engine=(*self.engine, module) if _top(module) == _SKLEARN else self.engine,
        )  # fmt: skip

    def parameters(self) -> dict[str, Any]:
        """Return what was set, by name; a text that would be read as another value is written as JSON."""
        return {name: _written(value) for name, value in json.loads(self.settings).items()}

    def with_parameters(self, parameters: Mapping[str, Any]) -> Self:
        """Return the method with some parameters of the constructor set; texts are read as JSON where they are JSON.

        Raises:
            UsageError: a name that no parameter can have, or a `formula` that is no package.module:function.
        """
        new = {name: _read(value) for name, value in parameters.items()}
        for name, value in new.items():
            if not name.isidentifier():
                raise UsageError(f"{self.name}.{name} cannot be set: a parameter is a name such as alpha")
            try:
                json.dumps(value, allow_nan=False)
            except (TypeError, ValueError):
                raise UsageError(f"{self.name}.{name} must be a value of JSON or a text, got {value!r:.80}") from None
        formula = new.get(_FORMULA)
        if formula is not None and not (isinstance(formula, str) and _PLACE.fullmatch(formula)):
            raise UsageError(f"{self.name}.{_FORMULA} must be package.module:function, got {formula!r:.80}")
        return dataclasses.replace(self, settings=json.dumps(json.loads(self.settings) | new, sort_keys=True))

    @property
    def how_to_set(self) -> str:
        """How the parameters of the class are set."""
        kind = self.target.rpartition(":")[2]
        return (
            f"its parameters are those of the constructor of {kind}: --set {kind}.NAME=VALUE; "
            f"{kind}.{_FORMULA}=package.module:function names a function that returns the formula"
        )

    def identity(self) -> str:
        """Return the class's name, what reads its formula, and its package: the version, or the files of one's own.

        So runs that were made without the package, or with another version, are made again.
        """
        here = Path(__file__).parent
        files = [here / name for name in _FILES]
        for place in self._places():
            files += _own_files(place)
        hashes = [hashlib.sha256(file.read_bytes()).hexdigest() for file in files]
        return "\n".join((self.name, *map(_version, self._places()), *hashes))

    @property
    def beside(self) -> tuple[str, ...]:
        """The folders of modules of one's own, in which another interpreter looks for them too."""
        return tuple(dict.fromkeys(str(file.parent) for place in self._places() for file in _own_units(place)))

    def skip_reason(self, samples: Samples) -> str | None:
        """Say that the package is not installed here, else what `Method.skip_reason` says."""
        return self.lacks or super().skip_reason(samples)

    @property
    def lacks(self) -> str | None:
        """That the package is not installed here, and the command that installs it; None where it is."""
        absent = next((place for place in self._places() if _found(place) is None), None)
        return None if absent is None else self._not_installed(absent)

    def _places(self) -> tuple[str, ...]:
        """Return the top-level modules of the class and of the given function."""
        given = json.loads(self.settings).get(_FORMULA)
        return tuple(dict.fromkeys(_top(place) for place in (self.target, given) if place))

    def fit(self, samples: Samples, *, seed: int, budget: Budget, report: Report) -> Fit:
        """Fit the estimator, and read its formula.

        Raises:
            FitError: there is no such class here, it refuses a parameter, or tells its formula in no known way.
            ExpressionError: what it tells is no formula.
        """
        import numpy as np

        kind = self._object(self.target, "class")
        settings = json.loads(self.settings)
        place = settings.pop(_FORMULA, None)
        given = None if place is None else self._object(place, "function")
        estimator, told = self._estimator(kind, settings, seed=seed, budget=budget)
        x, y = np.array(samples.x), np.array(samples.y)  # which it may write to
        fitted = estimator.fit(x, y)
        estimator = estimator if fitted is None else fitted
        predictions = _predictions(estimator, np.array(samples.x))
        found = formula_of(estimator, samples, predictions, given=given)
        return Fit(
            expression=found.expression, candidates=found.candidates, predictions=predictions,
            extras={"formula by": found.way, "told": {name: str(value) for name, value in told.items()}},
        )  # fmt: skip

    def _object(self, place: str, what: str) -> Any:
        """Return what stands in a module."""
        module_name, _, path = place.partition(":")
        try:
            found: Any = importlib.import_module(module_name)
        except ImportError as error:
            raise FitError(f"{self.name}: {module_name} cannot be imported by {sys.executable}: {error}") from error
        at = module_name
        for name in path.split("."):
            if not hasattr(found, name):
                like = [key for key, value in vars(found).items() if _is_like(value, what)]
                raise FitError(f"{self.name}: {at} has no {what} {name!r}.{suggest(name, like)}")
            found, at = getattr(found, name), f"{at}.{name}"
        if not callable(found) or (what == "class" and not _is_like(found, what)):
            raise FitError(
                f"{self.name}: {at} must be a {what}{' with fit(X, y)' * (what == 'class')}, got {found!r:.80}"
            )
        return found

    def _not_installed(self, top: str) -> str:
        return (
            f"there is no module {top} in {sys.executable}: `srbench env add {top} --install {top}` makes a Python "
            f"that has it, and --python '{self.name}={top}' runs the method there; a module of your own is found in "
            "the folders of PYTHONPATH"
        )

    def _estimator(
        self, kind: Any, settings: Mapping[str, Any], *, seed: int, budget: Budget
    ) -> tuple[Any, dict[str, Any]]:
        """Return an estimator that is not fitted, and what it was told besides the settings."""
        defaults = _defaults(self._made(kind, settings))
        told: dict[str, Any] = {name: seed % _BITS for name in SEEDS if name in defaults}
        limits = {name: _SHARE_OF_TIME * budget.seconds for name in SECONDS}
        limits |= {name: _SHARE_OF_TIME * budget.seconds / 60 for name in MINUTES}
        for name, limit in limits.items():
            if name in defaults:
                told[name] = limit if type(defaults[name]) is float else max(1, int(limit))
        told |= {name: budget.threads for name in THREADS if name in defaults}
        told = {name: value for name, value in told.items() if name not in settings}
        return self._made(kind, {**settings, **told}), told

    def _made(self, kind: Any, settings: Mapping[str, Any]) -> Any:
        try:
            return kind(**settings)
        except (TypeError, ValueError) as error:
            known = _named_parameters(kind)
            strange = [name for name in settings if known is not None and name not in known]
            if strange:
                raise FitError(
                    f"{self.name} has no parameter {strange[0]!r}.{suggest(strange[0], known or ())}"
                ) from None
            raise FitError(f"{self.name} refuses {dict(settings)}: {error}") from None


def _read(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    try:
        return json.loads(_WORDS.get(value, value))
    except (ValueError, RecursionError):
        return value


def _written(value: Any) -> Any:
    return json.dumps(value) if isinstance(value, str) and _read(value) != value else value


def _is_like(value: Any, what: str) -> bool:
    return inspect.isclass(value) and hasattr(value, "fit") if what == "class" else inspect.isfunction(value)


def _named_parameters(kind: Any) -> list[str] | None:
    """Return the names of a constructor's parameters; None where it takes any."""
    try:
        parameters = inspect.signature(kind).parameters.values()
    except (TypeError, ValueError):
        return None
    if any(parameter.kind is parameter.VAR_KEYWORD for parameter in parameters):
        return None
    return [parameter.name for parameter in parameters]


def _defaults(estimator: Any) -> dict[str, Any]:
    """Return an estimator's parameters by name: of `get_params`, else of its constructor."""
    tell = getattr(estimator, "get_params", None)
    if callable(tell):
        return dict(tell())
    return {name: parameter.default for name, parameter in inspect.signature(type(estimator)).parameters.items()}


def _predictions(estimator: Any, x: NDArray[np.float64]) -> NDArray[np.float64] | None:
    """Return the estimator's own values on x of shape (n, d), shape (n,); None where it has none."""
    import numpy as np

    if not hasattr(estimator, "predict"):
        return None
    values = np.asarray(estimator.predict(x), dtype=np.float64)
    return values.ravel() if values.size == len(x) else None


def _top(place: str) -> str:
    """Return the top-level module of `package.module:Class`."""
    return place.partition(":")[0].partition(".")[0]


def _found(top: str) -> ModuleSpec | None:
    """Return where a top-level module is, without importing it; None where there is none."""
    try:
        return importlib.util.find_spec(top)
    except (ImportError, ValueError):
        return None


def _version(top: str) -> str:
    """Return the version of the package that a module is from, as far as its name tells; `absent` where it is not."""
    if _found(top) is None:
        return f"{top} absent"
    try:
        return f"{top} {importlib.metadata.version(_DISTRIBUTIONS.get(top, top))}"
    except importlib.metadata.PackageNotFoundError:
        return top


def _own_units(top: str) -> list[Path]:
    """Return the file, or the folder, of a module that is no installed package; none elsewhere."""
    from srbench_lite.methods.code_fingerprint import is_library

    spec = _found(top)
    if spec is None or spec.origin is None or not Path(spec.origin).is_file():
        return []
    file = Path(spec.origin).resolve()
    unit = file.parent if file.name == "__init__.py" else file
    return [] if is_library(unit.parent) else [unit]


def _own_files(top: str) -> list[Path]:
    """Return the files of Python of a module that is no installed package; none elsewhere."""
    return [file for unit in _own_units(top) for file in (sorted(unit.rglob("*.py")) if unit.is_dir() else [unit])]
