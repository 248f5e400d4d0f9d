"""All draws of a forecast, a chunk at a time, several chunks at once."""

from __future__ import annotations

import os
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, TypeVar

from planner.forecast.model import CHUNK

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from planner.forecast.model import Draws, Forecast

_Made = TypeVar("_Made")

_MOST_WORKERS = 4
"""More chunks at once would take memory, some 150 MB each for 200 schools and 15 years."""


def over_chunks(
    forecast: Forecast,
    carry_out: Callable[[Draws], _Made],
    *,
    quiet: frozenset[str] = frozenset(),
    workers: int | None = None,
) -> Iterator[_Made]:
    """
    Yield what is made of every chunk of the draws that a scenario asks for, in their order.

    Chunks are drawn and carried out in threads, of which numpy lets several work at once. Every chunk has random
    streams of its own, so nothing depends on their number.

    Parameters
    ----------
    carry_out
        Called with the draws of a chunk; must not change what other chunks read.
    quiet
        Parts of the uncertainty held still; see `Forecast.draw`.
    workers
        Threads; left out, one a processor, at most 4.
    """

    def made(first: int) -> _Made:
        return carry_out(forecast.draw(first, min(first + CHUNK, forecast.draws), quiet=quiet))

    starts = range(0, forecast.draws, CHUNK)
    threads = min(workers or min(os.cpu_count() or 1, _MOST_WORKERS), len(starts))
    if threads < 2:
        yield from map(made, starts)
        return
    pool = ThreadPoolExecutor(threads)
    try:
        waiting = deque(pool.submit(made, first) for first in starts[:threads])
        for first in starts[threads:]:
            done = waiting.popleft().result()
            waiting.append(pool.submit(made, first))
            yield done
        while waiting:
            yield waiting.popleft().result()
    finally:
        pool.shutdown(wait=True, cancel_futures=True)
