"""The figures in the README of srbench_networks, as Markdown.

    python tests/tools/network_figures.py [functions] [digits] [choose] [speed]

Without arguments everything but `choose`, the cross-validation in which the settings for the digits were chosen.
"""

from __future__ import annotations

import itertools
import statistics
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from markdown_table import table
from numpy.typing import NDArray
from srbench_networks.architecture import Architecture
from srbench_networks.classification import fit_classifier
from srbench_networks.optimisers import SGD, Adam, HalfCosine, Optimiser
from srbench_networks.perceptron import Perceptron
from srbench_networks.regression import fit_regressor
from srbench_networks.training import train

Array = NDArray[np.float64]


# --- functions --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Function:
    """A function to approximate on a box around the origin; `most` is the mean squared error that is allowed."""

    name: str
    of: Callable[[Array], Array]
    variables: int
    reach: float
    most: float
    points: int
    epochs: int


FUNCTIONS: Final = (
    Function(name="exp(x)", of=lambda x: np.exp(x[:, 0]), variables=1, reach=2, most=1e-5, points=400, epochs=2000),
    Function(
        name="sin(x)/x", of=lambda x: np.sinc(x[:, 0] / np.pi), variables=1, reach=10, most=1e-5, points=400,
        epochs=2000,
    ),
    Function(
        name="sin(x) + cos(y)", of=lambda x: np.sin(x[:, 0]) + np.cos(x[:, 1]), variables=2, reach=3, most=1e-4,
        points=1000, epochs=1000,
    ),
    Function(
        name="sin(3x) + 0.5 x^2", of=lambda x: np.sin(3 * x[:, 0]) + 0.5 * x[:, 0] ** 2, variables=1, reach=3,
        most=1e-5, points=400, epochs=4000,
    ),
)  # fmt: skip
HIDDEN: Final = (32, 32)


def approximate(function: Function, *, seed: int, epochs: int | None = None) -> tuple[float, float]:
    """Return the mean squared error on 2,000 points held out, and the seconds of the training."""
    rng = np.random.default_rng(seed)
    x = rng.uniform(-function.reach, function.reach, (function.points, function.variables))
    held_out = rng.uniform(-function.reach, function.reach, (2000, function.variables))
    start = time.perf_counter()
    model = fit_regressor(
        x, function.of(x), hidden=HIDDEN, epochs=epochs or function.epochs, batch=32, learning_rate=0.003, rng=rng
    )
    seconds = time.perf_counter() - start
    return float(np.mean((model(held_out) - function.of(held_out)) ** 2)), seconds


def functions() -> str:
    rows = []
    for function in FUNCTIONS:
        errors, seconds = zip(*(approximate(function, seed=seed) for seed in range(5)), strict=True)
        box = f"[-{function.reach:g}, {function.reach:g}]" + ("^2" if function.variables == 2 else "")
        rows.append(
            (
                f"{function.name} on {box}", function.points, function.epochs, f"{statistics.median(errors):.1e}",
                f"{max(errors):.1e}", f"{function.most:.0e}", f"{statistics.median(seconds):.1f}",
            )
        )  # fmt: skip
    headers = ("function", "points", "epochs", "MSE, median", "MSE, worst", "asked for", "seconds")
    return table(headers, rows)


# --- digits -----------------------------------------------------------------------------------------------------------

#: Chosen by `choose`, on the training part alone.
DIGITS: Final[dict[str, Any]] = {"activation": "tanh", "epochs": 60, "learning_rate": 1e-3, "weight_decay": 0.0}
LAYERS: Final = (128, 64, 32)


def digits() -> tuple[Array, NDArray[np.intp], Array, NDArray[np.intp]]:
    """Return images and labels to train on, and those of the stratified fifth that is held out."""
    from sklearn.datasets import load_digits
    from sklearn.model_selection import train_test_split

    x, labels = load_digits(return_X_y=True)
    kept, held_out = train_test_split(np.arange(len(labels)), test_size=0.2, random_state=0, stratify=labels)
    return x[kept], labels[kept], x[held_out], labels[held_out]


def accuracy(seed: int, settings: dict[str, Any] = DIGITS) -> tuple[float, float]:
    """Return the accuracy on the held-out digits, and the seconds of the training."""
    x, labels, held_x, held_labels = digits()
    start = time.perf_counter()
    model = fit_classifier(x, labels, hidden=LAYERS, batch=32, rng=np.random.default_rng(seed), **settings)
    return model.accuracy(held_x, held_labels), time.perf_counter() - start


def digits_figures() -> str:
    results = [accuracy(seed) for seed in range(5)]
    found = [a for a, _ in results]
    row = (
        *(f"{a:.2%}" for a in found), f"{statistics.mean(found):.2%}",
        f"{statistics.median(s for _, s in results):.1f}",
    )  # fmt: skip
    return table((*(f"seed {seed}" for seed in range(5)), "mean", "seconds"), [row])


def choose() -> str:
    """Cross-validate 16 settings in five folds of the training part; the held-out part is not touched."""
    from sklearn.model_selection import StratifiedKFold

    x, labels, _, _ = digits()
    rows = []
    for name, epochs, rate, decay in itertools.product(("relu", "tanh"), (30, 60), (1e-3, 3e-3), (0.0, 1.0)):
        found = []
        for seed, (a, b) in enumerate(StratifiedKFold(5, shuffle=True, random_state=1).split(x, labels)):
            model = fit_classifier(
                x[a], labels[a], hidden=LAYERS, batch=32, activation=name, epochs=epochs, learning_rate=rate,
                weight_decay=decay, rng=np.random.default_rng(seed),
            )  # fmt: skip
            found.append(model.accuracy(x[b], labels[b]))
        rows.append((name, epochs, rate, decay, f"{statistics.mean(found):.2%}"))
    return table(("activation", "epochs", "learning rate", "weight decay", "accuracy"), rows)


# --- speed ------------------------------------------------------------------------------------------------------------

SMALL: Final = Architecture((1, 8, 7, 8, 1), ("tanh", "tanh", "tanh", "linear"))
TOGETHER: Final = 1000
ALONE: Final = 20  # networks trained one by one; the time of each is much the same
POINTS: Final = 32
ADAM: Final = Adam()
EPOCHS: Final = 10


def seconds_of_training(
    count: int, batch: int, dtype: type[np.float64] | type[np.float32], optimiser: Optimiser = ADAM
) -> float:
    """Return the processor's seconds to train `count` networks together, from their initial weights on."""
    x = np.linspace(-1.0, 1.0, POINTS)[:, None]
    y = np.sin(3.0 * x[:, 0])
    start = time.process_time()
    network = Perceptron.initial(SMALL, np.random.default_rng(0), count=count, dtype=dtype)
    train(
        network, x, y, loss="mse", optimiser=optimiser, epochs=EPOCHS, batch=batch, schedule=HalfCosine(0.01),
        rng=np.random.default_rng(1),
    )  # fmt: skip
    return time.process_time() - start


def speed_of(
    batch: int, dtype: type[np.float64] | type[np.float32], optimiser: Optimiser = ADAM, rounds: int = 8
) -> tuple[float, float]:
    """Return microseconds of one step of one network, trained alone and in a batch of 1,000; the best of some rounds.

    The rounds take turns, so that another program on the machine slows down both.
    """
    steps = EPOCHS * -(-POINTS // batch)
    alone, together = [], []
    for _ in range(rounds):
        alone.append(sum(seconds_of_training(1, batch, dtype, optimiser) for _ in range(ALONE)) / ALONE)
        together.append(seconds_of_training(TOGETHER, batch, dtype, optimiser) / TOGETHER)
    return min(alone) / steps * 1e6, min(together) / steps * 1e6


def speed() -> str:
    rows = []
    for name, optimiser in (("Adam", ADAM), ("SGD", SGD())):
        for dtype in (np.float32, np.float64):
            for batch in (1, 2, 4, 8, 16):
                alone, together = speed_of(batch, dtype, optimiser)
                figures = f"{alone:.1f}", f"{together:.2f}", f"{alone / together:.0f}"
                rows.append((name, dtype.__name__, batch, *figures))
    headers = ("optimiser", "numbers", "points a step", "µs a step, one by one", "µs, 1,000 together", "times faster")
    return table(headers, rows)


PARTS: Final = {"functions": functions, "digits": digits_figures, "choose": choose, "speed": speed}


def main() -> None:
    chosen = sys.argv[1:] or [name for name in PARTS if name != "choose"]
    for name in chosen:
        print(f"{PARTS[name]()}\n", flush=True)


if __name__ == "__main__":
    main()
