"""Messages between the server and a worker, over a socketpair.

A message is `u32 length · u32 header length · header (JSON) · body (raw bytes)`, little-endian. Both ends check the
sizes; nothing is ever pickled. EOF means the other end is gone.
"""

import json
import struct
from collections.abc import Iterator
from typing import Any

PREFIX = struct.Struct("<II")
MAX_BYTES = 32 << 20
Message = tuple[dict[str, Any], bytes]


class Malformed(Exception):
    """The other end broke the format: it cannot be trusted any more."""


def encode(header: dict[str, Any], body: bytes = b"") -> bytes:
    """The bytes of one message. A number that is not finite has no JSON: send it in a body."""
    head = json.dumps(header, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode()
    return PREFIX.pack(len(head) + len(body), len(head)) + head + body


class Decoder:
    """Cuts a stream of bytes into messages."""

    def __init__(self, max_bytes: int = MAX_BYTES) -> None:
        self.max_bytes = max_bytes
        self.buffer = bytearray()

    def feed(self, data: bytes) -> Iterator[Message]:
        """The messages that `data` completes."""
        self.buffer += data
        while len(self.buffer) >= PREFIX.size:
            total, head = PREFIX.unpack_from(self.buffer)
            if head > total or total > self.max_bytes:
                raise Malformed(
                    f"a message of {total} bytes with a header of {head}; at most {self.max_bytes} are taken"
                )
            end = PREFIX.size + total
            if len(self.buffer) < end:
                return
            message = bytes(self.buffer[PREFIX.size : end])
            del self.buffer[:end]
            yield _parse(message[:head]), message[head:]


def _parse(head: bytes) -> dict[str, Any]:
    try:
        header = json.loads(head)
    except (ValueError, RecursionError) as error:
        raise Malformed(f"a header that is not JSON: {error}") from None
    if not isinstance(header, dict):
        raise Malformed("a header that is not an object")
    return header
