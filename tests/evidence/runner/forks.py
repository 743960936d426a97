"""Work in forks of this process, a few at once: what was imported and made before is there already in each."""

import multiprocessing
import os
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from multiprocessing.connection import wait
from typing import Any

process = multiprocessing.get_context("fork")


def in_forks(
    jobs: Iterable[Any], work: Callable[[Any], Any], *, at_once: int, patience: float
) -> Iterator[tuple[Any, Any]]:
    """Each job with what `work` answered, as they end; None for one that died or took longer than `patience` seconds.

    The caller closes connections first; a fork would share them.
    """
    waiting, running = deque(jobs), {}
    while waiting or running:
        while waiting and len(running) < at_once:
            job = waiting.popleft()
            ours, theirs = process.Pipe(duplex=False)
            child = process.Process(target=_child, args=(work, job, theirs))
            child.start()
            theirs.close()
            running[ours] = (job, child, time.monotonic() + patience)
        first = min(latest for *_, latest in running.values())
        ended = wait(list(running), max(0, first - time.monotonic()))
        late = [pipe for pipe, (*_, latest) in running.items() if latest <= time.monotonic()]
        for pipe in {*ended, *late}:
            job, child, _latest = running.pop(pipe)
            yield job, _answer(pipe, child)


def _answer(pipe, child) -> Any:
    try:
        answer = pipe.recv() if pipe.poll() else None
    except EOFError:
        answer = None
    if answer is None:
        child.kill()
    child.join()
    pipe.close()
    return answer


def _child(work: Callable, job, pipe) -> None:
    pipe.send(work(job))
    pipe.close()
    os._exit(0)  # nothing of the parent's is tidied up here
