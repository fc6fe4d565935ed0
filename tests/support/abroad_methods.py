"""A plugin whose methods say where they run. Loaded by `--plugin`, never imported by tests."""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Iterable
from dataclasses import dataclass

from srbench_lite import Budget, Expression, Fit, FitError, Method, Report, Samples, hookimpl


@dataclass(frozen=True, kw_only=True)
class Abroad(Method):
    """Answers with a number that tells of its process."""

    source = "tests"

    def fit(self, samples: Samples, *, seed: int, budget: Budget, report: Report) -> Fit:
        return Fit(expression=Expression.constant(self.number()), extras={"python": sys.executable})

    def number(self) -> float:
        """Return it."""
        raise NotImplementedError


@dataclass(frozen=True, kw_only=True)
class AsksApt(Abroad):
    name = "asks-apt"
    summary = "the value of a module that is installed there only"
    engine = ("apt", "no_such_module")

    def number(self) -> float:
        return float(importlib.import_module("apt").VALUE)


@dataclass(frozen=True, kw_only=True)
class AsksPsutil(Abroad):
    name = "asks-psutil"
    summary = "needs a package that srbench-lite's own interpreter has"

    def number(self) -> float:
        return float(importlib.import_module("psutil").cpu_count())


@dataclass(frozen=True, kw_only=True)
class NamesParent(Abroad):
    name = "names-parent"
    summary = "the number of the process that it was forked from"

    def number(self) -> float:
        return float(os.getppid())


@dataclass(frozen=True, kw_only=True)
class AsksVariables(Abroad):
    name = "asks-variables"
    summary = "the threads that libraries may start, if nothing leads what it starts to other packages"

    def number(self) -> float:
        if {"PYTHONPATH", "PYTHONSAFEPATH", "VIRTUAL_ENV"} & set(os.environ):
            raise FitError("led astray")
        return float(os.environ["OMP_NUM_THREADS"])


@dataclass(frozen=True, kw_only=True)
class NamesThere(Abroad):
    name = "names-there"
    summary = "names the environment that it needs"
    environment = "there"
    requirements = ("apt==1.5",)

    def number(self) -> float:
        return float(importlib.import_module("apt").VALUE)


@hookimpl
def srbench_methods() -> Iterable[Method]:
    return [AsksApt(), AsksPsutil(), NamesParent(), AsksVariables(), NamesThere()]
