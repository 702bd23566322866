"""The same work on every recording: on all cores, or on a Dask cluster."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, TypeVar

from firmware.errors import DeviceError, killed_is_told
from firmware.packages import needed
from firmware.terminal import Progress

T = TypeVar("T")
R = TypeVar("R")


def spread(
    what: str, work: Callable[[T], R], pieces: Sequence[T], *, jobs: int | None, dask: str | None
) -> list[R]:
    """`work` done on every piece, in their order, with progress on standard error.

    `dask` is the address of a scheduler (`tcp://host:8786`); without one, `jobs` processes.
    Raises `UserError`.
    """
    with needed("evaluate", "joblib"):
        import joblib
    client = _client(dask) if dask else None
    try:
        with (
            killed_is_told(),
            joblib.parallel_config(backend="dask" if dask else "loky", n_jobs=jobs or -1),
            Progress(what, len(pieces)) as progress,
        ):
            parallel = joblib.Parallel(return_as="list" if dask else "generator")
            done = parallel(joblib.delayed(work)(piece) for piece in pieces)
            return list(_counted(done, progress))
    finally:
        if client is not None:
            client.close()


def _counted(results: Iterable[R], progress: Progress) -> Iterable[R]:
    for result in results:
        progress.advance()
        yield result


def _client(address: str) -> Any:  # noqa: ANN401 - distributed ships no types
    with needed("--dask", "distributed"):
        from distributed import Client
    try:
        return Client(address, timeout="10s")  # type: ignore[no-untyped-call]
    except (OSError, ValueError) as e:
        raise DeviceError(
            f"--dask {address}: no scheduler answers there: {e}; expected tcp://HOST:PORT"
        ) from e
