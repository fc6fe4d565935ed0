"""`Schedule`: every switch of a network's training, and the published setting of them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final, Literal

__all__ = ["Schedule", "Stage"]

#: Epochs of the published stages: ADMM's duals move once in each.
_STAGE_EPOCHS: Final = (20, 20, 30)
#: Decay of the learning rate in an epoch of each published stage.
_STAGE_DECAYS: Final = (0.9, 0.9, 0.95)
#: ADMM of a stage that says nothing about it, as in the second of the published ones.
_DEFAULT_RHO: Final = 0.1
_DEFAULT_ALPHA: Final = 5e-4


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """A stretch of gradient steps under one penalty.

    Attributes:
        steps: number of gradient steps.
        weight: of the L1 or L0.5 penalty.
        rho: weight of the distance to ADMM's sparse copy; 0: see `for_admm`.
        alpha: ADMM's own L1 weight: its threshold is alpha / rho; 0: see `for_admm`.
        epochs: how often in the stage ADMM's copy and duals are brought up to date.
        decay: learning rate at the end of the stage, relative to its start; exponential in between.
        oversample: whether the worst region weighs more.
    """

    steps: int
    weight: float = 0.0
    rho: float = 0.0
    alpha: float = 0.0
    epochs: int = 20
    decay: float = 0.1
    oversample: bool = False

    def for_admm(self) -> Stage:
        """Return the stage for ADMM: one that has a penalty gets published values of rho and alpha where they are 0."""
        return (
            replace(self, rho=self.rho or _DEFAULT_RHO, alpha=self.alpha or _DEFAULT_ALPHA)
            if self.weight > 0.0
            else self
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """How networks are trained, pruned and refitted.

    Attributes:
        layers: number of layers of four units; 0: one more than there are variables, as published, but 3 or 4.
        sketches: number of networks that start sparse, before the dense ones; where one is exact, it is enough.
        restarts: number of networks that start.
        survivors: number of networks that live on after the first stage: the best ones.
        finalists: number of networks that are pruned and refitted: the best ones after the last stage.
        stages: the first fits, the others make sparse.
        learning_rate: at the start of every stage.
        batch: points of one gradient step, drawn anew for each; 0: all points.
        penalty: what makes sparse; "admm" is ADMM and L1 together, as published; "none" leaves all stages free.
        domain: weight of the domain penalty, a mean over points.
        clip: norm beyond which a network's gradient is scaled down.
        oversample: whether stages that ask for it let the worst region weigh more.
        prune: whether weights are dropped by gradient and by backward elimination; of large networks some always are.
        loss: "exp" is the mean of exp(|error|), as published; "mse" is relative to the variance of the target.
        optimiser: "rmsprop" is published.
        refit: Levenberg's and Marquardt's method, or limited-memory BFGS, without penalty; "none" leaves weights as is.
        refit_steps: iterations of the first refit.
        mode: "log" or "linear"; "auto" lets the data choose.
    """

    layers: int = 0
    sketches: int = 8192
    restarts: int = 256
    survivors: int = 48
    finalists: int = 8
    stages: tuple[Stage, ...] = (Stage(steps=400, decay=0.3), Stage(steps=800, weight=5e-3, oversample=True))
    learning_rate: float = 2e-2
    batch: int = 64
    penalty: Literal["l1", "l05", "admm", "none"] = "l05"
    domain: float = 1.0
    clip: float = 10.0
    oversample: bool = True
    prune: bool = True
    loss: Literal["exp", "mse"] = "mse"
    optimiser: Literal["rmsprop", "adam"] = "adam"
    refit: Literal["lm", "lbfgs", "none"] = "lm"
    refit_steps: int = 60
    mode: Literal["auto", "log", "linear"] = "auto"

    @classmethod
    def published(cls, n: int, *, steps: int = 4_500, restarts: int = 16) -> Schedule:
        """Return the published setting for n variables.

        RMSprop at 1.5e-2 on 128 points, mean exp(|error|) with ADMM, L1 and the domain penalty, in three stages, the
        second and third with oversampling. Published are about 113,000 steps from one start.

        Args:
            n: number of variables.
            steps: gradient steps of a network, shared out as published: 1.4 %, 18 % and 80 % of them.
            restarts: number of networks; all of them live to the end.
        """
        shares = (0.014, 0.18)
        counts = [max(round(steps * share), 1) for share in shares]
        counts.append(max(steps - sum(counts), 1))
        weights, rhos, alphas = (0.05, 0.05, 0.01), (0.9, 0.1, 0.005), (5e-4, 5e-4, 5.0 * 10.0 ** (1 - n))
        stages = tuple(
            Stage(steps=count, weight=weight, rho=rho, alpha=alpha, epochs=e, decay=d**e, oversample=k > 0)
            for k, (count, weight, rho, alpha, e, d) in enumerate(
                zip(counts, weights, rhos, alphas, _STAGE_EPOCHS, _STAGE_DECAYS, strict=True)
            )
        )
        return cls(
            layers=n + 1,
            sketches=0,
            restarts=restarts,
            survivors=restarts,
            finalists=3,
            stages=stages,
            learning_rate=1.5e-2,
            batch=128,
            penalty="admm",
            domain=128.0,
            loss="exp",
            optimiser="rmsprop",
        )

    def depth(self, n: int) -> int:
        """Return the number of layers for n variables."""
        return self.layers or min(max(n + 1, 3), 4)
