"""When samples were really taken: found by what the simulated walker moved at each instant."""

from __future__ import annotations

import numpy as np

from hardware.simulated.walker import Walker

COUNTS_PER_G = 2048.0


class TrueSamples:
    """Notes every sample that a chip takes of `walker`, with its true instant."""

    MATCHED = 40  # samples that are enough to know where in the walk they were taken

    def __init__(self, walker: Walker) -> None:
        self._instants: list[np.ndarray] = []
        self._signal: list[np.ndarray] = []
        self._original = walker.signal
        walker.signal = self._note

    def _note(self, t: np.ndarray) -> np.ndarray:
        x = self._original(t)
        self._instants.append(t)
        self._signal.append(x[:, :3].copy())
        return x

    def instant(self, raw: np.ndarray, of: int) -> float:
        """When sample `of` (0 the first, -1 the last) of a run of samples was taken.

        `raw` (n, 6) counts; acceleration alone is compared, for rotation may be missing.
        """
        instants, signal = np.concatenate(self._instants), np.concatenate(self._signal)
        acc = raw[:, :3] / COUNTS_PER_G
        windows = np.lib.stride_tricks.sliding_window_view(signal, len(acc), axis=0)
        first = int(np.argmin(np.abs(windows - acc.T).sum(axis=(1, 2))))
        return float(instants[first + (of % len(acc))])
