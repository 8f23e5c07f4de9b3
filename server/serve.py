"""Serve until SIGTERM or Ctrl-C.

The server owns its listening socket, so that a viewer whose machine has gone is let go by the kernel.
"""

import logging
import socket
import sys
from types import FrameType

import uvicorn

from server.app import create_app
from server.connections import Http, WebSocket
from server.runs.store import WrongSchema
from server.settings import Settings

GRACE_S = 5
SENDS = 1.5  # the kernel lets go of a peer that takes nothing for so many times `send_s`
log = logging.getLogger("orrery")


class Server(uvicorn.Server):
    """uvicorn, which at the end says so first: not ready any more, and a second signal ends at once."""

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        if self.should_exit:
            self.force_exit = True
        self.should_exit = True

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self.config.loaded_app.state.manager.draining = True
        await super().shutdown(sockets)


def listen(settings: Settings) -> socket.socket:
    """The listening socket; raises OSError if the address is taken."""
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    sock = socket.socket(family, socket.SOCK_STREAM)
    if sys.platform != "win32":
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if hasattr(socket, "TCP_USER_TIMEOUT"):  # accepted sockets inherit it
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, int(1e3 * SENDS * settings.send_s))
    try:
        sock.bind((settings.host.strip("[]"), settings.port))
    except OSError:
        sock.close()
        raise
    return sock


def configure(settings: Settings) -> uvicorn.Config:
    """uvicorn's settings."""
    return uvicorn.Config(
        create_app(settings), lifespan="on", loop="uvloop" if sys.platform != "win32" else "auto",
        http=Http, ws=WebSocket, ws_per_message_deflate=False, ws_max_size=settings.message_bytes,
        ws_ping_interval=settings.ping_s, ws_ping_timeout=settings.ping_s,
        timeout_graceful_shutdown=GRACE_S, timeout_keep_alive=round(2 * settings.request_s),
        access_log=False, log_level="warning", server_header=False, proxy_headers=False,
    )  # fmt: skip


def run(settings: Settings) -> int:
    """Serve; the exit code."""
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(name)s: %(message)s", stream=sys.stderr)
    try:
        sock = listen(settings)
    except OSError as error:
        log.error("cannot listen on %s:%d: %s", settings.host, settings.port, error.strerror)
        return 1
    host, port = sock.getsockname()[:2]
    name = f"[{host}]" if ":" in host else host
    log.info("Orrery is on http://%s:%d/%s", name, port, "?token=…" if settings.token else "")
    try:
        server = Server(configure(settings))
    except WrongSchema as error:
        log.error("%s", error)
        sock.close()
        return 1
    server.run(sockets=[sock])
    return 0 if server.started else 1


__all__ = ["configure", "listen", "run"]
