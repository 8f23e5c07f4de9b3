"""A trained run as a file: out of this server, and into another."""

import asyncio
import tempfile
from collections.abc import Iterator
from typing import Annotated, BinaryIO, cast

from fastapi import APIRouter, Header, Request, Response
from starlette.responses import StreamingResponse

from server.api.deps import COMMANDED, TheClient, TheCommands, TheManager, TheRun
from server.api.schemas import RunOut
from server.problems import Problem, unstored
from server.runs import sealed
from server.runs.intake import take_in
from server.runs.limits import UploadLimits

router = APIRouter(tags=["checkpoints"])
SAFETENSORS = "application/x-safetensors"
TAKEN = ("application/octet-stream", SAFETENSORS)
BINARY = {"schema": {"type": "string", "format": "binary"}}


@router.get(
    "/api/runs/{run}/checkpoint",
    dependencies=[COMMANDED],
    responses={200: {"content": {SAFETENSORS: BINARY}, "description": "The file; `X-Step` says of which step."}},
    response_class=Response,
)
async def download(run: TheRun, commands: TheCommands) -> Response:
    """The whole training state as safetensors, which `POST /api/checkpoints` takes back.

    Of the step at which the run stands when it is asked; a running one is asked between two steps and trains on. Of a
    run that has no process, or has failed, the newest state that is kept.
    """
    file, size_bytes = await commands.checkpoint()
    envelope, head = await asyncio.to_thread(sealed.seal, file, size_bytes)
    step = int(envelope.about["step"])
    return StreamingResponse(
        _sent(file, head, envelope.begin),
        media_type=SAFETENSORS,
        headers={
            "Content-Length": str(len(head) + size_bytes - envelope.begin),
            "Content-Disposition": f'attachment; filename="{run.record.lab}-step-{step}-{run.id}.safetensors"',
            "X-Step": str(step),
        },
    )


def _sent(file: BinaryIO, head: bytes, begin: int) -> Iterator[bytes]:
    with file:
        yield head
        yield from sealed.pieces(file, begin)


@router.post(
    "/api/checkpoints",
    status_code=201,
    dependencies=[COMMANDED],
    openapi_extra={"requestBody": {"required": True, "content": dict.fromkeys(TAKEN, BINARY)}},
)
async def upload(
    request: Request,
    response: Response,
    manager: TheManager,
    client: TheClient,
    content_type: Annotated[str, Header(include_in_schema=False)] = "",
) -> RunOut:
    """A new run, paused, that goes on from a checkpoint bit for bit as the run it was taken from.

    The body is the file itself: `curl --data-binary @FILE -H "Content-Type: application/octet-stream" URL`.
    """
    kind = content_type.split(";")[0].strip().lower()
    if kind and kind not in TAKEN:
        raise Problem(
            415, f"A checkpoint comes as {TAKEN[0]}, not as {kind[:100]}.", kind="media-type",
            hint="Send the file itself as the body.",
        )  # fmt: skip
    manager.admit(client)
    limits = UploadLimits.of(manager.settings)
    try:
        with tempfile.TemporaryFile(dir=manager.settings.home) as unnamed:
            file = cast(BinaryIO, unnamed)
            size_bytes = 0
            async for piece in request.stream():
                size_bytes += len(piece)
                limits.uploaded(size_bytes)
                await asyncio.to_thread(file.write, piece)
            file.flush()
            run = await take_in(manager, client, file, size_bytes)
    except OSError as error:
        raise unstored(error.strerror or str(error)) from None
    response.headers["Location"] = f"/api/runs/{run.id}"
    return RunOut.of(run)
