"""Directions and rotations in plain floats: of three numbers, each function of numpy costs more.

What is used in every frame is written out: a call costs more than its products. That holds for min
and max too, so where the balance does something in every frame, it compares.
"""

from __future__ import annotations

import math

Vector = tuple[float, float, float]


def dot(one: Vector, other: Vector) -> float:
    """The product of two vectors."""
    (x, y, z), (u, v, w) = one, other
    return x * u + y * v + z * w


def less(one: Vector, other: Vector, times: float = 1.0) -> Vector:
    """`one` - `times` x `other`."""
    (x, y, z), (u, v, w) = one, other
    return x - times * u, y - times * v, z - times * w


def approach(value: Vector, target: Vector, share: float) -> Vector:
    """`value`, moved towards `target` by `share` of the way."""
    (x, y, z), (u, v, w) = value, target
    return x + share * (u - x), y + share * (v - y), z + share * (w - z)


def length(vector: Vector) -> float:
    """The length of a vector."""
    x, y, z = vector
    return math.sqrt(x * x + y * y + z * z)


def shorter(vector: Vector, by: float) -> Vector:
    """`vector`, shorter by `by` or as short as it can be."""
    x, y, z = vector
    size = math.sqrt(x * x + y * y + z * z)
    if size <= by:
        return 0.0, 0.0, 0.0
    left = (size - by) / size
    return left * x, left * y, left * z


def carried(vector: Vector, turn_rad: Vector) -> Vector:
    """A direction that stands still, in the axes of a sensor that has turned by `turn_rad`.

    Exact for any angle (Rodrigues); `turn_rad` is the axis times the angle.
    """
    (x, y, z), (u, v, w) = turn_rad, vector
    angle = math.sqrt(x * x + y * y + z * z)
    if angle < 1e-9:
        return vector
    c, s = math.cos(angle), math.sin(angle) / angle
    part = (1.0 - c) * (x * u + y * v + z * w) / (angle * angle)
    return (
        c * u + s * (z * v - y * w) + part * x,
        c * v + s * (x * w - z * u) + part * y,
        c * w + s * (y * u - x * v) + part * z,
    )


def angle_deg(u: Vector, v: Vector) -> float:
    """The angle (deg, 0 to 180) between two vectors; 0 where one has no length."""
    (a, b, c), (x, y, z) = u, v
    product = math.sqrt((a * a + b * b + c * c) * (x * x + y * y + z * z))
    if product < 1e-9:
        return 0.0
    cosine = (a * x + b * y + c * z) / product
    if -1.0 < cosine < 1.0:
        return math.degrees(math.acos(cosine))
    return 0.0 if cosine > 0.0 else 180.0


def levelled(from_: Vector, to: Vector, one: Vector, other: Vector) -> tuple[Vector, Vector]:
    """Two vectors, turned by the smallest rotation of one direction (`unit` length) into another.

    Whatever is expressed so stands as if the sensor had not been tilted since. The rotation does
    not exist for opposite directions: see `coach.balance.motion`.
    """
    (x, y, z), (u, v, w) = from_, to
    c = x * u + y * v + z * w
    part = 1.0 / (1.0 + c) if c > -1.0 else 0.0
    x, y, z = y * w - z * v, z * u - x * w, x * v - y * u  # the axis
    (p, q, r), (u, v, w) = one, other
    a, b = (x * p + y * q + z * r) * part, (x * u + y * v + z * w) * part
    return (
        (
            c * p + y * r - z * q + x * a,
            c * q + z * p - x * r + y * a,
            c * r + x * q - y * p + z * a,
        ),
        (
            c * u + y * w - z * v + x * b,
            c * v + z * u - x * w + y * b,
            c * w + x * v - y * u + z * b,
        ),
    )
