"""Own tables: uploaded as CSV, described, deleted. Those that come with the course are listed beside them."""

import asyncio
import re
from collections.abc import AsyncGenerator

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, Field
from starlette.datastructures import UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser

from server.api.deps import COMMANDED, TheClient, TheDatasets, TheManager
from server.datasets.keeping import Datasets, Slip
from server.problems import Problem, not_found, unstored
from server.runs.limits import UploadLimits
from server.runs.manager import Manager

router = APIRouter(prefix="/api/datasets", tags=["datasets"])
FORM = {
    "required": ["file"],
    "type": "object",
    "properties": {
        "file": {"type": "string", "format": "binary", "description": "The CSV: its first line names the columns."},
        "name": {"type": "string", "maxLength": 100, "description": "What to call it; the file's name by default."},
    },
}


class Listed(BaseModel):
    """A table in a list."""

    id: str = Field(description="What a config's `table` takes.")
    name: str
    rows: int
    columns: int
    created_at: float | None = None


class Lists(BaseModel):
    """Your own tables, the newest first, and those that come with the course."""

    datasets: list[Listed]
    course: list[Listed]


class ColumnOut(BaseModel):
    """A column. `fits` says what it can be: a number, a class, both, neither; `why` why it is text."""

    name: str
    label: str
    kind: str = Field(description="number, category or text")
    unit: str
    classes: list[str]
    missing: int
    fits: list[str]
    why: str


class TableOut(BaseModel):
    """A table: its columns and first rows."""

    id: str
    name: str
    own: bool = Field(description="Whether it is in your list.")
    rows: int
    columns: list[ColumnOut]
    target: str
    source: str
    licence: str
    notes: list[str] = Field(description="How it was read: what was found out, left out, changed.")
    first: list[list[str | float | None]] = Field(description="The first rows; null where a value is missing.")


@router.get("")
async def list_datasets(manager: TheManager, datasets: TheDatasets, client: TheClient) -> Lists:
    """The tables you uploaded, and those that come with the course. Nobody else's are listed."""
    own = await asyncio.to_thread(datasets.listed, client)
    course = [Listed(**{**table, "columns": len(table["columns"])}) for table in manager.labs.tables.values()]
    return Lists(datasets=[Listed(**vars(slip)) for slip in own], course=course)


@router.post(
    "",
    status_code=201,
    dependencies=[COMMANDED],
    openapi_extra={"requestBody": {"required": True, "content": {"multipart/form-data": {"schema": FORM}}}},
)
async def upload(
    request: Request, response: Response, manager: TheManager, datasets: TheDatasets, client: TheClient
) -> TableOut:
    """Keep a CSV as a table: `curl -F file=@prices.csv URL`. The same content has the same id, whoever sends it.

    Separator (comma, semicolon, tab), decimal sign and header are found out; text is UTF-8, else Windows-1252. A column
    is of numbers, of classes (at most 50 different words), or text, which is not used. What cannot be read is named
    with its line.
    """
    limits = UploadLimits.of(manager.settings)
    try:
        file, name = await _received(request, limits)
        try:
            parsed = await datasets.read(file.file, limits)
        finally:
            await file.close()
        slip = await asyncio.to_thread(datasets.add, client, name, parsed)
        await clear(manager, datasets)
    except OSError as error:
        raise unstored(error.strerror or str(error)) from None
    response.headers["Location"] = f"/api/datasets/{slip.id}"
    return await _described(manager, slip.id, slip, own=True)


@router.get("/{id}")
async def read_dataset(manager: TheManager, datasets: TheDatasets, client: TheClient, id: str) -> TableOut:
    """A table's columns, what each can be used for, and its first rows. Whoever knows an id may look."""
    if id in manager.labs.tables:
        return TableOut(**manager.labs.tables[id], own=False)
    if not datasets.exists(id):
        raise not_found("table", id[:100], "It was deleted, or never uploaded. GET /api/datasets lists yours.")
    own = await asyncio.to_thread(datasets.listed, client)
    slip = await asyncio.to_thread(datasets.slip, client, id)
    return await _described(manager, id, slip, own=any(each.id == id for each in own))


@router.delete("/{id}", status_code=204, dependencies=[COMMANDED])
async def delete(manager: TheManager, datasets: TheDatasets, client: TheClient, id: str) -> None:
    """Take a table off your list. Its file goes when nobody has it in a list and no run has it in its settings."""
    await asyncio.to_thread(datasets.remove, client, id)
    await clear(manager, datasets)


async def clear(manager: Manager, datasets: Datasets) -> None:
    """Delete the tables that nobody lists and no run uses."""
    ownerless = await asyncio.to_thread(datasets.ownerless)
    used = await manager.store.mentioned(ownerless) if ownerless else set()
    await asyncio.to_thread(datasets.clear, set(ownerless) - used)


async def _received(request: Request, limits: UploadLimits) -> tuple[UploadFile, str]:
    """The form's file, on disk where it is large, and the name given to it."""
    kind = request.headers.get("content-type", "").split(";")[0].strip().lower()
    if kind != "multipart/form-data":
        hint = "Send a form: curl -F file=@table.csv, or FormData in a page."
        raise Problem(415, f"A table comes as multipart/form-data, not as {kind[:60] or 'nothing'}.", hint=hint)
    parser = MultiPartParser(request.headers, _counted(request, limits), max_files=1, max_fields=4, max_part_size=4_096)
    try:
        form = await parser.parse()
    except (MultiPartException, KeyError) as error:
        detail = error.message if isinstance(error, MultiPartException) else "it has no boundary"
        raise Problem(422, f"The form cannot be read: {detail}", kind="bad-form", field="file") from None
    file = form.get("file")
    if not isinstance(file, UploadFile):
        await form.close()
        raise Problem(422, "The form has no file in its field `file`.", kind="bad-form", field="file")
    return file, _name(str(form.get("name") or ""), file.filename or "")


async def _counted(request: Request, limits: UploadLimits) -> AsyncGenerator[bytes, None]:
    """The pieces of the body, no more of them than an upload may have."""
    size_bytes = 0
    async for piece in request.stream():
        size_bytes += len(piece)
        limits.uploaded(size_bytes)
        yield piece


def _name(given: str, filename: str) -> str:
    """What a table is called, in characters that can be read."""
    plain = given.strip() or re.sub(r"\.(csv|tsv|txt)$", "", re.split(r"[/\\]", filename)[-1], flags=re.IGNORECASE)
    return "".join(char for char in plain if char.isprintable()).strip()[:100] or "table"


async def _described(manager: Manager, id_: str, slip: Slip | None, *, own: bool) -> TableOut:
    about = await manager.labs.table(id_)
    return TableOut(**{**about, "name": slip.name if slip else "table", "own": own})
