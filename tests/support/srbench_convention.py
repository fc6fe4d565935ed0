"""A regressor whose module has SRBench's `model(est, X)`."""

from __future__ import annotations

from typing import Any

import stand_in_estimators


class Regressor(stand_in_estimators.Fitted):
    pass


def model(est: Any, X: Any = None) -> str:
    return f"{stand_in_estimators.SLOPE!r}*{X.columns[est.place]}**2 + {stand_in_estimators.OFFSET!r}"
