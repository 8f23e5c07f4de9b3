"""What a run's process may take: memory, files, and time for one answer."""

import contextlib
import os
import resource
import signal
import sys
from collections.abc import Iterator


@contextlib.contextmanager
def at_most(seconds: float) -> Iterator[None]:
    """Raises TimeoutError in what takes longer; only Python can be interrupted so, not one long call of a library."""

    def over(number: int, frame: object) -> None:
        raise TimeoutError(f"it took longer than {seconds:g} s")

    if not seconds:
        yield
        return
    signal.signal(signal.SIGALRM, over)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)


def confine(limits: dict[str, int]) -> None:
    """Bound what this process may take."""
    os.umask(0o077)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (limits["file_bytes"],) * 2)
    if sys.platform == "linux":
        with open("/proc/self/statm") as statm:
            taken = int(statm.read().split()[0]) * os.sysconf("SC_PAGE_SIZE")
        resource.setrlimit(resource.RLIMIT_AS, (taken + limits["memory_bytes"],) * 2)
