"""Clients that do harm by doing nothing: some stop reading, some are gone without a word, some never finish a request.

`python -m tests.faults.lost PORT RUN KIND COUNT` opens COUNT connections of a kind, prints `ready`, and waits to be
killed. A connection is *gone* by a filter on its own socket that drops whatever arrives, acknowledgements asked for
included: to the server, that is a machine whose cable was pulled.
"""

import contextlib
import ctypes
import json
import select
import socket
import struct
import sys
import time

HEAD = "GET {} HTTP/1.1\r\nHost: 127.0.0.1:{}\r\n"
UPGRADE = (
    "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n"
    "Sec-WebSocket-Version: 13\r\n"
)
SO_ATTACH_FILTER = 26


def connected(port: int) -> socket.socket:
    """With little room to receive, so that what is not read is soon felt."""
    sock = socket.socket()
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
    sock.connect(("127.0.0.1", port))
    return sock


def vanish(sock: socket.socket) -> None:
    """From now on nothing that is sent here arrives, and nothing is answered: a filter of one instruction, `ret 0`."""
    code = ctypes.create_string_buffer(struct.pack("HBBI", 6, 0, 0, 0))
    program = struct.pack("HP", 1, ctypes.addressof(code))
    sock.setsockopt(socket.SOL_SOCKET, SO_ATTACH_FILTER, program)


def watcher(port: int, run: str, view: str) -> socket.socket:
    """A viewer of a view, past its first message."""
    sock = connected(port)
    sock.sendall((HEAD.format(f"/api/runs/{run}/stream", port) + UPGRADE + "\r\n").encode())
    sock.recv(1_000)
    watch = json.dumps({"type": "watch", "views": {view: 30} if view else {}}).encode()
    sock.sendall(bytes([129, 128 | len(watch), 0, 0, 0, 0]) + watch)
    return sock


def asker(port: int, path: str) -> socket.socket:
    """A request for something large, whose answer is not read."""
    sock = connected(port)
    sock.sendall((HEAD.format(path, port) + "\r\n").encode())
    return sock


def open_one(kind: str, port: int, run: str) -> socket.socket:
    """One lost client."""
    if kind == "viewer-stalled":
        return watcher(port, run, "all_values")
    if kind == "viewer-stopped":
        return watcher(port, run, "")
    if kind == "answer-unread":
        return asker(port, f"/api/runs/{run}/views/all_values")
    sock = connected(port)
    if kind == "slow-body":
        sock.sendall(
            f"POST /api/runs/{run}/play HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nContent-Length: 5000\r\n"
            "Content-Type: application/json\r\n\r\n".encode()
        )
    elif kind == "viewer-gone-quiet":
        sock.close()
        sock = watcher(port, run, "")
        vanish(sock)
    elif kind == "viewer-gone":
        sock.close()
        sock = watcher(port, run, "all_values")
        select.select([sock], [], [], 10)
        vanish(sock)
    elif kind == "answer-gone":
        sock.close()
        sock = asker(port, f"/api/runs/{run}/views/all_values")
        vanish(sock)
    elif kind == "kept-alive-gone":
        sock.sendall((HEAD.format("/healthz", port) + "\r\n").encode())
        sock.recv(4_096)
        vanish(sock)
    elif kind == "request-gone":
        sock.sendall(HEAD.format("/healthz", port).encode())
        vanish(sock)
    return sock


STALLED = ["viewer-stalled", "viewer-stopped", "answer-unread", "slow-head", "slow-body"]
GONE = ["viewer-gone", "viewer-gone-quiet", "answer-gone", "kept-alive-gone", "request-gone"]


def main(port: str, run: str, kind: str, count: str) -> None:
    found = [open_one(kind, int(port), run) for _ in range(int(count))]
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    while True:  # a slow client sends a letter now and then
        time.sleep(0.5)
        for sock in found:
            if kind in ("slow-head", "slow-body"):
                with contextlib.suppress(OSError):
                    sock.send(b"a")


if __name__ == "__main__":
    main(*sys.argv[1:])
