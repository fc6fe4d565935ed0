"""The checks of the conformance kit (`srbench_lite.testing`): one promise of a method each.

A check returns None where the method passes and one line that says what is wrong where it does not. The checks run in
the process that calls them, so a method that never returns blocks: `srbench conform` runs each in a process of its own.
"""

from __future__ import annotations

import contextlib
import dataclasses
import functools
import io
import json
import time
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from srbench_lite.errors import FitError, UsageError
from srbench_lite.expressions.expression import Expression
from srbench_lite.judging.scores import MAX_REPLAY_GAP
from srbench_lite.methods.made_methods import is_made
from srbench_lite.methods.method import Budget, Fit, Method
from srbench_lite.methods.parameters import KINDS, is_allowed
from srbench_lite.problems.data import Samples
from srbench_lite.running.hidden_suites import hidden_suites, known_samples
from srbench_lite.running.slow_clock import slowed
from srbench_lite.running.speed import machine_speed

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["METHOD_CHECKS", "Check", "line_samples", "noisy_samples", "run_check", "toy_samples"]

#: Budget of the checks; a method plans its work by it.
_BUDGET: Final = Budget(seconds=20.0)
#: A method may overrun its wall clock by this factor plus one second before `respects the limit` fails.
_MAX_OVERRUN_FACTOR: Final = 1.5
#: Budget of the checks on noisy data, where nothing is exact and a search ends by its plan or by the clock.
_NOISY_BUDGET: Final = Budget(seconds=3.0)
#: Budget of the check that fits the same points with and without installed suites.
_SHORT_BUDGET: Final = Budget(seconds=0.4)
#: Pairs of such fits until two must have given the same formula.
_MAX_BLIND_PAIRS: Final = 3
#: How much slower than the reference the machine seems to a fit that must find the same formula.
_TIMES_SLOWER: Final = 2.0
#: Fits until two of one seed must have run to their own end, where their formulas differ.
_MAX_FITS: Final = 5
#: Pairs of fits on noisy data, where their formulas differ and the clock cut one of them short.
_MAX_PAIRS: Final = 3
#: What no method has.
_NO_PARAMETER: Final = "no_such_parameter"


def _always(method: Method) -> str | None:
    """Skip nothing."""
    return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One promise of a method.

    Attributes:
        name: as typed after `srbench conform METHOD --check`.
        promise: what must hold, in one line.
        run: takes a method, and returns None or what is wrong in one line.
        remedy: what to do where it does not hold.
        why_skipped: takes a method, and says why it made no such promise, or None; `run` returns None for it too.
    """

    name: str
    promise: str
    run: Callable[[Method], str | None]
    remedy: str = ""
    why_skipped: Callable[[Method], str | None] = _always


def line_samples(n: int = 60) -> Samples:
    """Return n points of y = 2 x + 1, x in [-1, 1]: the easiest task there is."""
    import numpy as np

    x = np.linspace(-1.0, 1.0, n)
    return Samples(variables=("x",), x=x[:, None], y=2.0 * x + 1.0)


def toy_samples(n: int = 80) -> Samples:
    """Return n points of y = sin(2 x) + 0.5 x, x uniform in [-2, 2]."""
    import numpy as np

    x = np.random.default_rng(7).uniform(-2.0, 2.0, n)
    return Samples(variables=("x",), x=x[:, None], y=np.sin(2.0 * x) + 0.5 * x)


def noisy_samples(n: int = 300) -> Samples:
    """Return n points of y = exp(sin(3 x)) with noise of deviation 0.1, x uniform in [-2, 2]."""
    import numpy as np

    rng = np.random.default_rng(5)
    x = rng.uniform(-2.0, 2.0, n)
    return Samples(variables=("x",), x=x[:, None], y=np.exp(np.sin(3.0 * x)) + rng.normal(0.0, 0.1, n))


def run_check(check: Check, method: Method) -> str | None:
    """Run one check; what the method raises becomes the complaint."""
    try:
        return check.run(method)
    except Exception as error:  # noqa: BLE001 - the kit reports whatever a method raises
        return f"raised {type(error).__name__}: {error}"


def _fit(method: Method, samples: Samples, *, seed: int = 1, budget: Budget = _BUDGET) -> Fit:
    return method.fit(samples, seed=seed, budget=budget, report=lambda expression: None)


def _skips(method: Method, samples: Samples) -> bool:
    return method.skip_reason(samples) is not None


def _describes_itself(method: Method) -> str | None:
    for attribute in ("name", "summary", "source", "version"):
        text = getattr(method, attribute, None)
        if not isinstance(text, str) or not text.strip() or "\n" in text:
            return f"{attribute} must be one line of text, got {text!r}"
    if not (is_made(method.name) or method.name.replace("-", "_").isidentifier()):
        return f"name must be letters, digits, - and _, got {method.name!r}"
    return None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Trial:
    """One fit of the toy samples, and what can be said of it afterwards."""

    fit: Any
    samples: Samples  # as the method left them
    reported: tuple[object, ...]


@functools.lru_cache(maxsize=64)
def _trial(method: Method) -> _Trial:
    """Fit the toy samples: once for all checks that ask, which costs a slow method minutes otherwise."""
    samples = toy_samples()
    reported: list[object] = []

    def report(expression: Expression) -> None:
        reported.append(expression)

    fit = method.fit(samples, seed=1, budget=_BUDGET, report=report)
    return _Trial(fit=fit, samples=samples, reported=tuple(reported))


def _returns_a_fit(method: Method) -> str | None:
    fit = _trial(method).fit
    if not isinstance(fit, Fit):
        return f"fit() must return a Fit, got {type(fit).__name__}"
    try:
        json.dumps(dict(fit.extras), allow_nan=False)
    except (TypeError, ValueError) as error:
        return f"extras must be plain JSON: {error}"
    return None


def _repeats_itself(method: Method) -> str | None:
    if not method.capabilities.deterministic:
        return None
    fits = [_trial(method).fit, _fit(method, toy_samples())]
    while not _agree(fits) and len(_finished(fits)) < 2 and len(fits) < _MAX_FITS:  # a slow moment cut one short
        fits.append(_fit(method, toy_samples()))
    if _agree(fits) or (len(_finished(fits)) > 1 and _agree(_finished(fits))):
        return None
    first, second = (str(fit.expression) for fit in (_finished(fits) + fits)[:2])
    cut = sum(fit.stopped == "budget" for fit in fits)
    ended = f"; {cut} of {len(fits)} fits were ended by their budget of {_BUDGET.seconds:g} s" if cut else ""
    return f"the same seed gave {first} and then {second}{ended}"


def _repeats_itself_on_noise(method: Method) -> str | None:
    samples = noisy_samples()
    if not method.capabilities.deterministic or _skips(method, samples):
        return None
    fits: list[Fit] = []
    for _ in range(_MAX_PAIRS):
        fits = []
        for times_slower in (1.0, _TIMES_SLOWER):  # than the reference, whatever the machine is on which this runs
            with slowed(times_slower * machine_speed()):
                fits.append(_fit(method, samples, budget=_NOISY_BUDGET))
        if _agree(fits):
            return None
        if _finished(fits) == fits:
            break  # no slow moment cut one short
    first, second = (str(fit.expression) for fit in fits)
    return f"the same seed gave {first} and, on a machine {_TIMES_SLOWER:g} times slower, {second}"


def _ignores_the_suites(method: Method) -> str | None:
    samples = known_samples()
    if _skips(method, samples):
        return None
    seeing: list[str] = []
    blind: list[str] = []
    while len(blind) < _MAX_BLIND_PAIRS:
        seeing.append(_said_of(method, samples))
        with hidden_suites():
            blind.append(_said_of(method, samples))
        if set(seeing) & set(blind):
            return None  # the clock or chance may give another formula next time, but not knowledge
    if len(set(seeing)) > 1 and len(set(blind)) > 1:
        return None
    return (
        f"points of an installed task gave {seeing[0]}, and {blind[0]} where no suite is installed: a method must not "
        "look its points up"
    )


def _said_of(method: Method, samples: Samples) -> str:
    """Return the formula of a short fit, or what the method said where it found none."""
    try:
        return str(_fit(method, samples, budget=_SHORT_BUDGET).expression)
    except FitError as error:
        return f"the error {str(error)!r}"


def _agree(fits: Sequence[Fit]) -> bool:
    return len({str(fit.expression) for fit in fits}) == 1


def _finished(fits: Sequence[Fit]) -> list[Fit]:
    return [fit for fit in fits if fit.stopped != "budget"]


def _leaves_samples_alone(method: Method) -> str | None:
    samples, untouched = _trial(method).samples, toy_samples()
    if samples.x.flags.writeable or samples.y.flags.writeable:
        return "the samples were made writable"
    same = (samples.x == untouched.x).all() and (samples.y == untouched.y).all()
    return None if same else "the samples were changed"


def _uses_given_variables(method: Method) -> str | None:
    import numpy as np

    rng = np.random.default_rng(3)
    x = rng.uniform(0.5, 2.0, (80, 2))
    samples = Samples(variables=("velocity", "time"), x=x, y=x[:, 0] * x[:, 1])
    if _skips(method, samples):
        samples = Samples(variables=("velocity",), x=x[:, :1], y=3.0 * x[:, 0])
    formula = _fit(method, samples).expression
    foreign = sorted(set(formula.variables) - set(samples.variables))
    if foreign:
        return f"the formula uses {', '.join(foreign)}, which is no variable of the samples"
    if Expression.parse(str(formula), variables=samples.variables) != formula:
        return f"the formula {formula} does not survive being written and read"
    return None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _HastyTrial:
    """One fit of noisy samples on a small budget; `fit` is None where nothing was found."""

    fit: Fit | None
    samples: Samples
    budget: Budget
    took: float  # seconds


@functools.lru_cache(maxsize=64)
def _hasty_trial(method: Method) -> _HastyTrial:
    budget, samples = Budget(seconds=2.0), noisy_samples()
    fit = None
    start = time.perf_counter()
    with contextlib.suppress(FitError):
        fit = _fit(method, samples, budget=budget)
    return _HastyTrial(fit=fit, samples=samples, budget=budget, took=time.perf_counter() - start)


def _respects_the_limit(method: Method) -> str | None:
    trial = _hasty_trial(method)
    most = _MAX_OVERRUN_FACTOR * trial.budget.seconds + 1.0
    return None if trial.took <= most else f"took {trial.took:.1f} s on a budget of {trial.budget.seconds:g} s"


def _formula_is_the_prediction(method: Method) -> str | None:
    first, hasty = _trial(method), _hasty_trial(method)
    for fit, samples in ((first.fit, toy_samples()), (hasty.fit, hasty.samples)):
        if isinstance(fit, Fit) and (complaint := _other_than_predicted(fit, samples)):
            return complaint
    return None


def _other_than_predicted(fit: Fit, samples: Samples) -> str | None:
    """Say where a formula is undefined on the points of its fit, or gives other values than the method predicted."""
    import numpy as np

    from srbench_lite.judging.scoring import replay_gap, undefined_on

    formula = fit.expression
    if count := undefined_on(formula, samples):
        return f"the formula {formula} is undefined on {count} of the {len(samples)} points that it was fitted to"
    if fit.predictions is None:
        return None
    predictions = np.asarray(fit.predictions, dtype=np.float64)
    if predictions.shape != samples.y.shape or not np.isfinite(predictions).all():
        return f"predictions must be {len(samples)} numbers, got shape {predictions.shape}"
    gap = replay_gap(formula, samples, predictions)
    if gap is None or gap > MAX_REPLAY_GAP:
        far = "infinitely many" if gap is None else f"{gap:.2g}"
        return f"the formula {formula} is up to {far} standard deviations of y from the method's own predictions"
    return None


def _answers_on(samples: Callable[[], Samples], *, exactly: float | None = None) -> Callable[[Method], str | None]:
    def run(method: Method) -> str | None:
        points = samples()
        if _skips(method, points):
            return None
        try:
            formula = _fit(method, points).expression
        except FitError as error:
            return None if str(error) else "raised FitError without saying why"
        values: NDArray[np.float64] = formula(points.columns)
        if exactly is not None and not (abs(values - exactly) <= 1e-6 * max(1.0, abs(exactly))).all():
            return f"every y is {exactly:g}, the answer was {formula}"
        return None

    return run


def _constant() -> Samples:
    import numpy as np

    return Samples(variables=("x",), x=np.linspace(0.0, 1.0, 30)[:, None], y=np.full(30, 4.25))


def _one_point() -> Samples:
    import numpy as np

    return Samples(variables=("x",), x=np.array([[0.5]]), y=np.array([2.0]))


def _prints_nothing(method: Method) -> str | None:
    out, err = io.StringIO(), io.StringIO()
    quiet = contextlib.redirect_stdout(out), contextlib.redirect_stderr(err)
    with quiet[0], quiet[1], warnings.catch_warnings(record=True) as raised:
        warnings.simplefilter("always")
        with contextlib.suppress(FitError):  # an answer, if a quiet one
            _fit(method, line_samples())
    printed = (out.getvalue() + err.getvalue()).strip()
    if printed:
        return f"it printed {printed[:120]!r}"
    return f"it warned: {raised[0].message}" if raised else None


def _parameters_round_trip(method: Method) -> str | None:
    for field in dataclasses.fields(method):
        value = getattr(method, field.name)
        if not is_allowed(value):
            return f"the hyper-parameter {field.name} must be {KINDS}, got {value!r:.80}"
    again = method.with_parameters(json.loads(json.dumps(method.parameters())))
    return None if again == method else f"{method.parameters()} came back as {again.parameters()}"


def _reports_expressions(method: Method) -> str | None:
    for item in _trial(method).reported:
        if not isinstance(item, Expression):
            return f"report() takes an Expression, got {type(item).__name__}"
    return None


def _refuses_nonsense(method: Method) -> str | None:
    try:
        changed = method.with_parameters({_NO_PARAMETER: 1})
    except Exception as error:  # noqa: BLE001 - the type is what is checked
        return None if isinstance(error, UsageError) else f"raised {type(error).__name__}, which must be a UsageError"
    if is_made(method.name):  # its parameters are those of something that is looked for when it is fitted
        try:
            _fit(changed, line_samples())
        except FitError as error:
            if _NO_PARAMETER in str(error):
                return None
    return "an unknown hyper-parameter was accepted"


def _is_random(method: Method) -> str | None:
    return None if method.capabilities.deterministic else "the method says that it is not deterministic"


def _refuses(samples: Callable[[], Samples]) -> Callable[[Method], str | None]:
    return lambda method: method.skip_reason(samples())


#: When a method makes no such promise.
_SKIPPED: Final[Mapping[str, Callable[[Method], str | None]]] = {
    "repeats-itself": _is_random,
    "repeats-itself-on-noise": lambda method: _is_random(method) or method.skip_reason(noisy_samples()),
    "constant-target": _refuses(_constant),
    "one-point": _refuses(_one_point),
}

#: What an author does about a check that does not pass.
_REMEDIES: Final[Mapping[str, str]] = {
    "describes-itself": "set the class attributes name (letters, digits, - and _), summary, source and, if you change "
    "it, version: texts of one line",
    "returns-a-fit": "return Fit(expression=...) with an Expression; Expression.parse(text) makes one. Put numbers, "
    "texts, lists and dicts of these into extras: float(value), array.tolist(), and nothing that is not finite",
    "repeats-itself": "draw from numpy.random.default_rng(seed) or torch.manual_seed(seed) only; let no clock, thread, "
    "hash of a text or order of a set decide. Where a package has its own generator, seed it with seed % 2**32. If "
    "that cannot be, say so: capabilities = Capabilities(deterministic=False)",
    "repeats-itself-on-noise": "end the search after counted steps that fit the budget with room to spare, not by the "
    "clock: srbench_lite.fitting.Deadline counts work. Where the clock ended it all the same, return "
    'Fit(..., stopped="budget")',
    "leaves-samples-alone": "work on a copy, samples.x.copy(): both arrays are read-only",
    "uses-given-variables": "name variables as samples.variables does, not x0 or X[0]: make them with "
    "Expression.variable(name), read texts with Expression.parse(text, variables={'x0': name})",
    "respects-the-limit": "plan by budget.seconds: fewer restarts or generations where it is small. A call that cannot "
    "be interrupted needs a bound of its own",
    "formula-is-the-prediction": "write the formula that you compute: protected operators as what they are, "
    "log(abs(x)) and not log(x); constants in full precision, repr and not {:.3f}; scaling of x and y folded in. Or "
    "leave predictions out",
    "constant-target": "ask for it first, `if np.ptp(samples.y) == 0`, and return Expression.constant(float(y[0])): "
    "mostly it is a division by the deviation of y that fails",
    "one-point": "raise FitError with a sentence where there are too few points for what you do",
    "ignores-the-suites": "work from samples, seed and budget alone: ask no registry, import no package of tasks and "
    "read no file of theirs in fit",
    "prints-nothing": "turn the package's verbosity off; catch warnings that are expected with "
    "warnings.catch_warnings() and numpy.errstate; put what you want to keep into extras",
    "parameters-round-trip": "let the fields of the dataclass be bool, int, float, str, None or tuples of these, and "
    "do not override parameters() or with_parameters()",
    "refuses-nonsense": "leave with_parameters() as Method has it; check values in __post_init__ with self.require()",
    "reports-expressions": "report(Expression.parse(text)), not report(text)",
}


def _checks() -> tuple[Check, ...]:
    table: dict[str, tuple[str, Callable[[Method], str | None]]] = {
        "describes-itself": ("name, summary, source and version are one line each", _describes_itself),
        "returns-a-fit": ("fit() returns a Fit whose extras are plain JSON", _returns_a_fit),
        "repeats-itself": ("the same seed gives the same formula", _repeats_itself),
        "repeats-itself-on-noise": (
            "the same seed gives the same formula on noisy data, on a machine half as fast too",
            _repeats_itself_on_noise,
        ),
        "leaves-samples-alone": ("the samples are not changed", _leaves_samples_alone),
        "uses-given-variables": ("the formula uses the samples' variables only", _uses_given_variables),
        "respects-the-limit": ("a fit ends within its budget of seconds", _respects_the_limit),
        "formula-is-the-prediction": (
            "the formula is defined on the points of the fit, and gives the predictions that come with it",
            _formula_is_the_prediction,
        ),
        "constant-target": (
            "a constant y gives that constant, or a FitError that says why",
            _answers_on(_constant, exactly=4.25),
        ),
        "one-point": ("one point gives a formula, or a FitError that says why", _answers_on(_one_point)),
        "ignores-the-suites": (
            "the formula is the same where no suite is installed",
            _ignores_the_suites,
        ),
        "prints-nothing": ("nothing is printed and no warning escapes", _prints_nothing),
        "parameters-round-trip": ("hyper-parameters survive a record", _parameters_round_trip),
        "refuses-nonsense": ("an unknown hyper-parameter is refused", _refuses_nonsense),
        "reports-expressions": ("report() is given Expressions", _reports_expressions),
    }
    return tuple(
        Check(name=name, promise=promise, run=run, remedy=_REMEDIES[name], why_skipped=_SKIPPED.get(name, _always))
        for name, (promise, run) in table.items()
    )


METHOD_CHECKS: Final[Sequence[Check]] = _checks()
