"""`Decomposition`: damped least-squares steps from one place, for any damping, from one decomposition.

A step s of the k unknowns solves min |A s - r|² + d |s|² (Levenberg, 1944). With the singular values of A every damping
d costs one product, and directions in which A says nothing are left alone: of all steps that serve, the shortest.

Reference: Golub & Van Loan, Matrix Computations, section 5.5 (least squares without full rank).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["Decomposition", "decompose", "decompose_normal_equations"]

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Decomposition:
    """The matrix A of one place, decomposed, and the residual r there in its terms.

    Attributes:
        singular: singular values of A, the largest first, shape (m,).
        projection: the residual along the left singular vectors, shape (m,).
        directions: right singular vectors, shape (m, k).
    """

    singular: Array
    projection: Array
    directions: Array

    def step(self, damping: float, *, min_share: float, unit: float = 1.0) -> Array:
        """Return the step that takes the residual away, shape (k,).

        Args:
            damping: in units of `unit` squared.
            min_share: singular values at or below this share of the largest count as zero.
            unit: what singular values are measured in: with the largest of them, damping is relative.
        """
        share = self.singular / unit
        filtered = share / (share * share + damping)
        filtered[~(share > min_share * share[0])] = 0.0
        return np.asarray(((filtered * self.projection) @ self.directions) / unit)


def decompose(matrix: Array, residual: Array) -> Decomposition:
    """Decompose a matrix, of shape (n, k), and the residual, of shape (n,).

    Raises:
        LinAlgError: a number is not finite.
    """
    left, singular, directions = np.linalg.svd(matrix, full_matrices=False)
    return Decomposition(singular=singular, projection=left.T @ residual, directions=directions)


def decompose_normal_equations(matrix: Array, residual: Array) -> Decomposition:
    """Decompose by way of the matrix's square: half of the digits, and faster where there are many unknowns.

    Where a number is not finite, neither are the steps.

    Raises:
        LinAlgError: the eigenvalues do not converge.
    """
    squares, vectors = np.linalg.eigh(matrix.T @ matrix)
    singular = np.sqrt(np.maximum(squares[::-1], 0.0))
    directions = vectors.T[::-1]
    projection = directions @ (matrix.T @ residual) / np.where(singular > 0, singular, 1.0)
    return Decomposition(singular=singular, projection=projection, directions=directions)
