"""Directions and rotations in plain floats: of three numbers, each function of numpy costs more."""

from __future__ import annotations

import math

Vector = tuple[float, float, float]


def dot(one: Vector, other: Vector) -> float:
    """The product of two vectors."""
    (x, y, z), (u, v, w) = one, other
    return x * u + y * v + z * w


def cross(one: Vector, other: Vector) -> Vector:
    """The vector product."""
    (x, y, z), (u, v, w) = one, other
    return y * w - z * v, z * u - x * w, x * v - y * u


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
    left = max(size - by, 0.0) / size if size > 0.0 else 0.0
    return left * x, left * y, left * z


def carried(vector: Vector, turn_rad: Vector) -> Vector:
    """A direction that stands still, in the axes of a sensor that has turned by `turn_rad`.

    Exact for any angle (Rodrigues); `turn_rad` is the axis times the angle.
    """
    angle = length(turn_rad)
    if angle < 1e-9:
        return vector
    x, y, z = turn_rad
    axis = (x / angle, y / angle, z / angle)
    u, v, w = less(vector, cross(axis, vector), math.sin(angle))
    along = dot(axis, vector)
    p, q, r = less(vector, axis, along)  # across the axis
    part = math.cos(angle) - 1.0
    return u + part * p, v + part * q, w + part * r


def angle_deg(u: Vector, v: Vector) -> float:
    """The angle (deg, 0 to 180) between two vectors; 0 where one has no length."""
    product = math.sqrt(dot(u, u) * dot(v, v))
    if product < 1e-9:
        return 0.0
    return math.degrees(math.acos(max(-1.0, min(1.0, dot(u, v) / product))))


class Levelling:
    """The smallest rotation that turns one direction (`unit` length) into another.

    Whatever is expressed through it stands as if the sensor had not been tilted since. It does
    not exist for opposite directions: see `coach.balance.motion`.
    """

    def __init__(self, from_: Vector, to: Vector) -> None:
        self.cosine = dot(from_, to)
        self._axis = cross(from_, to)
        self._part = 1.0 / (1.0 + self.cosine) if self.cosine > -1.0 else 0.0

    def __call__(self, vector: Vector) -> Vector:
        """The vector, turned."""
        x, y, z = vector
        u, v, w = self._axis
        along = (x * u + y * v + z * w) * self._part
        c = self.cosine
        return (
            x * c + v * z - w * y + u * along,
            y * c + w * x - u * z + v * along,
            z * c + u * y - v * x + w * along,
        )
