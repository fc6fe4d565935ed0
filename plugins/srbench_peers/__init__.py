"""Methods that others wrote, each run by its own package in an environment of its own (`srbench env`)."""

from __future__ import annotations

from collections.abc import Iterable

from srbench_lite import Method, hookimpl
from srbench_peers.bingo import Bingo
from srbench_peers.eggp import Eggp
from srbench_peers.gplearn import Gplearn
from srbench_peers.hroch import Hroch
from srbench_peers.operon import Operon
from srbench_peers.psrn import Psrn
from srbench_peers.pysindy import Pysindy
from srbench_peers.pysr import Pysr
from srbench_peers.rils_rols import RilsRols
from srbench_peers.sklearn_linear import SklearnLinear
from srbench_peers.sklearn_tree import SklearnTree

__all__ = [
    "Bingo",
    "Eggp",
    "Gplearn",
    "Hroch",
    "Operon",
    "Psrn",
    "Pysindy",
    "Pysr",
    "RilsRols",
    "SklearnLinear",
    "SklearnTree",
]


@hookimpl
def srbench_methods() -> Iterable[Method]:
    """Add all peers. Their packages are imported when one is run."""
    return [
        Bingo(),
        Eggp(),
        Gplearn(),
        Hroch(),
        Operon(),
        Psrn(),
        Pysindy(),
        Pysr(),
        RilsRols(),
        SklearnLinear(),
        SklearnTree(),
    ]
