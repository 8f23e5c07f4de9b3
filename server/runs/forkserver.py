"""The process that forks the workers: `python -m server.runs.forkserver FD`.

It has imported torch and the labs, so that a worker begins in milliseconds and shares that memory. It is one thread
that computes nothing. On its socket it reads one byte a request (W: a worker for a run, C: the catalog worker) with
the worker's own socket attached, and writes JSON lines: {"ready"} and {"warm"}, {"pid"} for each request in order,
{"exited", "code"} for each child that ends. When the server is gone (EOF) it kills what is left below it: no worker
outlives its server, even one that hangs.
"""

import contextlib
import gc
import json
import os
import select
import signal
import socket
import sys
import traceback
from collections.abc import Callable
from typing import Any

from server.runs import catalog_worker, preload, worker

KINDS: dict[bytes, Callable[[socket.socket], None]] = {b"W": worker.main, b"C": catalog_worker.main}


def main(fd: int) -> None:
    """Preload, then fork on request until the server is gone."""
    control = socket.socket(fileno=fd)
    wake, woken = socket.socketpair()
    woken.setblocking(False)
    signal.set_wakeup_fd(woken.fileno(), warn_on_full_buffer=False)
    signal.signal(signal.SIGCHLD, lambda number, frame: None)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    ours, children = [control, wake, woken], set[int]()
    with contextlib.suppress(ConnectionError):
        preload.labs()
        say(control, ready=True)
        if take(ours, children):  # the catalog worker: pages are served while the rest is imported
            preload.compiler()
            gc.collect()
            gc.freeze()  # the collector leaves these objects alone, so that their pages stay shared
            say(control, warm=True)
            serve(ours, children)
    signal.set_wakeup_fd(-1)
    for pid in children:
        kill(pid)


def serve(ours: list[socket.socket], children: set[int]) -> None:
    """Fork and reap until EOF."""
    control, wake = ours[:2]
    while True:
        ready, _, _ = select.select([control, wake], [], [])
        if wake in ready:
            wake.recv(4096)
            reap(control, children)
        if control in ready and not take(ours, children):
            return


def take(ours: list[socket.socket], children: set[int]) -> bool:
    """Read one request and fork; False at EOF."""
    kind, descriptors, _, _ = socket.recv_fds(ours[0], 1, 1)
    if not kind:
        return False
    pid = fork(kind, descriptors[0], ours)
    children.add(pid)
    say(ours[0], pid=pid)
    return True


def fork(kind: bytes, descriptor: int, ours: list[socket.socket]) -> int:
    """A child that runs one worker at the other end of `descriptor`; its pid."""
    pid = os.fork()
    if pid:
        os.close(descriptor)
        return pid
    code = 1
    try:
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        os.setsid()
        for sock in ours:
            sock.close()
        KINDS[kind](socket.socket(fileno=descriptor))
        code = 0
    except BaseException:  # noqa: BLE001 - the child's last words; it never returns into this program
        traceback.print_exc()
    finally:
        sys.stderr.flush()
        os._exit(code)


def reap(control: socket.socket, children: set[int]) -> None:
    """Report the children that have ended."""
    while children:
        try:
            pid, status = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return
        if not pid:
            return
        children.discard(pid)
        say(control, exited=pid, code=os.waitstatus_to_exitcode(status))


def kill(pid: int) -> None:
    """End a child and whatever it started."""
    for send in (os.killpg, os.kill):
        try:
            send(pid, signal.SIGKILL)
        except (ProcessLookupError, PermissionError):
            continue


def say(control: socket.socket, **line: Any) -> None:
    """One JSON line to the server."""
    control.sendall(json.dumps(line).encode() + b"\n")


if __name__ == "__main__":
    main(int(sys.argv[1]))
