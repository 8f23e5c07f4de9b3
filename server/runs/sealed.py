"""A training state as a file that leaves the server, and comes back: its envelope.

safetensors, whose `__metadata__` says in plain words what the file is: `format`, `version`, `lab`, `torch`, and as JSON
`config`, `seed`, `step`, `edits`, `threads` and all else that a session needs to go on from there. `digest` is the
SHA-256 of the whole file with these 64 digits taken as zeros. What a state is made of is the session's affair: here the
envelope is put on and taken off, with nothing loaded and nothing allocated that the file merely names.
"""

import hashlib
import json
import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, BinaryIO

from server.problems import Problem

FORMAT, VERSION = "orrery-checkpoint", 1
HEADER_BYTES, CHUNK_BYTES = 8 << 20, 1 << 20
TEXTS = ("lab", "torch")
NO_DIGEST = "0" * 64
BITS = {"F64": 64, "F32": 32, "F16": 16, "BF16": 16, "I64": 64, "I32": 32, "I16": 16, "I8": 8, "U8": 8, "U64": 64,
        "U32": 32, "U16": 16, "BOOL": 8, "C64": 64}  # fmt: skip
DAMAGED_HINT = "Download it again: some of it was lost or changed on the way."
ORIGIN_HINT = "Orrery reads what “Download this trained run” wrote."


class Unsound(Problem):
    """The file is not one that this server could have written: 422."""

    def __init__(self, detail: str, hint: str = ORIGIN_HINT) -> None:
        super().__init__(422, detail, kind="bad-checkpoint", hint=hint)


@dataclass
class Envelope:
    """What a file says of itself, and where in it the tensors begin."""

    about: dict[str, Any]
    tensors: dict[str, Any]
    begin: int
    size_bytes: int

    def head(self, metadata: dict[str, str]) -> bytes:
        """The first bytes of a safetensors file with the same tensors, up to where they begin."""
        text = json.dumps({"__metadata__": metadata, **self.tensors}, separators=(",", ":")).encode()
        text += b" " * (-len(text) % 8)
        return len(text).to_bytes(8, "little") + text


def pieces(file: BinaryIO, begin: int) -> Iterator[bytes]:
    """The bytes of a file from a place on."""
    file.seek(begin)
    while piece := file.read(CHUNK_BYTES):
        yield piece


def seal(file: BinaryIO, size_bytes: int) -> tuple[Envelope, bytes]:
    """The envelope of a session's own state, and the first bytes of the file that leaves: the tensors follow them."""
    header, begin = _header(file, size_bytes)
    about = json.loads(header.pop("__metadata__")["orrery"])
    found = Envelope(about, header, begin, size_bytes)
    said = {name: value if name in TEXTS else json.dumps(value) for name, value in about.items()}
    head = found.head({"format": FORMAT, "version": str(VERSION), "digest": NO_DIGEST, **said})
    digest = hashlib.sha256(head)
    for piece in pieces(file, begin):
        digest.update(piece)
    return found, head.replace(NO_DIGEST.encode(), digest.hexdigest().encode(), 1)


def unseal(file: BinaryIO, size_bytes: int) -> tuple[Envelope, bytes]:
    """The envelope of a file from anywhere, and the first bytes of the state within: the tensors follow them.

    Raises Unsound with what is wrong.
    """
    header, begin = _header(file, size_bytes)
    metadata = header.pop("__metadata__", {})
    if not isinstance(metadata, dict) or metadata.get("format") != FORMAT:
        raise Unsound("This is a safetensors file, but no checkpoint of Orrery: it names no format, or another.")
    if metadata.get("version") != str(VERSION):
        version = str(metadata.get("version"))[:20]
        raise Unsound(f"This checkpoint has format {version}; this Orrery reads {VERSION}.", "Take a newer Orrery.")
    _within(header, size_bytes - begin)
    if _digest(file, metadata) != metadata["digest"]:
        raise Unsound("This checkpoint is damaged: its bytes are not those that its digest was made of.", DAMAGED_HINT)
    about = {}
    for name, text in metadata.items():
        if name not in ("format", "version", "digest"):
            about[name] = text if name in TEXTS else _json(text)
    found = Envelope(about, header, begin, size_bytes)
    return found, found.head({"orrery": json.dumps(about)})


def _header(file: BinaryIO, size_bytes: int) -> tuple[dict[str, Any], int]:
    """The header of a safetensors file, and where it ends; its length is looked at before it is read."""
    file.seek(0)
    prefix = file.read(8)
    length = int.from_bytes(prefix, "little")
    if len(prefix) < 8 or length < 2:
        raise Unsound(f"This is not a safetensors file: it has {size_bytes:,} bytes and no header.")
    if length > HEADER_BYTES or 8 + length > size_bytes:
        raise Unsound(
            f"This is not a whole safetensors file: its header would have {length:,} bytes; the file has "
            f"{size_bytes:,}, and a header at most {HEADER_BYTES:,}."
        )
    header = _json(file.read(length))
    if not isinstance(header, dict):
        raise Unsound("This is not a safetensors file: its header is no JSON object.")
    return header, 8 + length


def _json(text: bytes | str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError, TypeError):
        raise Unsound("This is not a checkpoint: its header cannot be read as JSON.", DAMAGED_HINT) from None


def _within(tensors: dict[str, Any], room: int) -> None:
    """Raises Unsound unless the tensors lie one after the other, each as long as its shape, and end where the file
    does.
    """
    spans = []
    for name, entry in tensors.items():
        try:
            (begin, end), bits, shape = entry["data_offsets"], BITS[entry["dtype"]], entry["shape"]
        except (KeyError, TypeError, ValueError):
            raise Unsound(f"The tensor {name[:100]!r} is not described as safetensors does.") from None
        if not all(type(n) is int and 0 <= n < 1 << 48 for n in (begin, end, *shape)) or len(shape) > 16:
            raise Unsound(f"The tensor {name[:100]!r} has a shape or a place that cannot be.")
        if (end - begin) * 8 != math.prod(shape) * bits:
            raise Unsound(f"The tensor {name[:100]!r} has {end - begin:,} bytes, which is not what its shape takes.")
        spans.append((begin, end))
    at = 0
    for begin, end in sorted(spans):
        if begin != at:
            raise Unsound("The tensors of this file overlap, or leave gaps.")
        at = end
    if at != room:
        raise Unsound(f"This file was cut short or added to: its tensors take {at:,} bytes, and {room:,} are there.",
                      DAMAGED_HINT)  # fmt: skip


def _digest(file: BinaryIO, metadata: dict[str, Any]) -> str:
    """The SHA-256 of a file whose own digest is taken as zeros."""
    told = metadata.get("digest")
    if not isinstance(told, str) or len(told) != len(NO_DIGEST) or not told.isascii():
        raise Unsound("This checkpoint carries no digest of its bytes.", DAMAGED_HINT)
    file.seek(0)
    prefix = file.read(8)
    head = prefix + file.read(int.from_bytes(prefix, "little"))
    digest = hashlib.sha256(head.replace(told.encode(), NO_DIGEST.encode(), 1))
    for piece in pieces(file, len(head)):
        digest.update(piece)
    return digest.hexdigest()
