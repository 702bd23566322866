"""How the device sits on the waistband: any rotation from body axes to device axes."""

from __future__ import annotations

import numpy as np

from hardware.simulated.walker.motion import Floats

_ORTHOGONAL_TO = (
    1e-6  # how far from a rotation a given matrix may be: what rounding to float32 costs
)


def random_mounting(rng: np.random.Generator) -> Floats:
    """A rotation (3, 3), uniform over all: a unit quaternion of four normal numbers.

    Source: Muller, 'A note on a method for generating points uniformly on n-dimensional
    spheres', Communications of the ACM 2(4), 1959.
    """
    w, x, y, z = (q := rng.standard_normal(4)) / np.linalg.norm(q)
    return np.array(
        [
            [1 - 2 * (y * y + z * z), 2 * (x * y - z * w), 2 * (x * z + y * w)],
            [2 * (x * y + z * w), 1 - 2 * (x * x + z * z), 2 * (y * z - x * w)],
            [2 * (x * z - y * w), 2 * (y * z + x * w), 1 - 2 * (x * x + y * y)],
        ]
    )


def checked_mounting(rotation: Floats) -> Floats:
    """`rotation` as an array, if it is a (3, 3) rotation; otherwise raises `ValueError`."""
    matrix = np.asarray(rotation, dtype=float)
    if matrix.shape != (3, 3):
        raise ValueError(f"mounting: expected a 3x3 rotation, got shape {matrix.shape}")
    error = float(np.abs(matrix @ matrix.T - np.eye(3)).max())
    if not error < _ORTHOGONAL_TO or np.linalg.det(matrix) < 0:
        raise ValueError("mounting: expected a rotation: orthogonal, with determinant +1")
    return matrix
