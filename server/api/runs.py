"""Runs: made, commanded, changed, asked, read."""

import asyncio
import base64
import binascii
import json
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Body, Header, Query, Response
from starlette.responses import PlainTextResponse

from server.api.deps import ASKED, COMMANDED, TheClient, TheCommands, TheManager, TheRun
from server.api.schemas import (
    Acted,
    Branch,
    Change,
    Edits,
    Json,
    Keyframes,
    Listed,
    NewRun,
    Previous,
    Reset,
    Rewind,
    RunList,
    RunOut,
    Stepped,
    Steps,
)
from server.problems import Problem, not_found
from server.runs import kept, rows
from server.runs.run import Status

router = APIRouter(prefix="/api/runs", tags=["runs"])
FRAME, PLOTLY = "application/x-safetensors", "application/vnd.plotly.v1+json"
Gesture = Annotated[str | None, Query(max_length=100, description="The name of the drag this belongs to.")]


@router.post("", status_code=201)
async def create(manager: TheManager, client: TheClient, body: NewRun, response: Response) -> RunOut:
    """Make a run; it trains at once unless `autoplay` is false."""
    run = await manager.create(
        client, body.lab, body.config, seed=body.seed, name=body.name, autoplay=body.autoplay, max_steps=body.max_steps,
        speed=body.steps_per_second, given_speed="steps_per_second" in body.model_fields_set,
    )  # fmt: skip
    response.headers["Location"] = f"/api/runs/{run.id}"
    return RunOut.of(run)


@router.get("")
async def list_runs(
    manager: TheManager,
    lab: Annotated[str | None, Query(max_length=100)] = None,
    status: Status | None = None,
    limit: Annotated[int, Query(ge=1, le=500)] = 50,
    before: Annotated[str | None, Query(max_length=200)] = None,
    q: Annotated[str, Query(max_length=200, description="In a name, in notes, or in a lab's name.")] = "",
) -> RunList:
    """The newest runs, each beside the one of its lab before it; drafts are not among them."""
    words = q.replace("\0", "").strip()
    titled = [id_ for id_, about in manager.labs.labs.items() if words.lower() in about["title"].lower()]
    found = await manager.store.list_runs(
        lab, status, limit + 1, _cursor(before) if before else None, words, titled if words else ()
    )
    page = found[:limit]
    live = manager.runs
    known = [RunOut.of(live[row["id"]]) if row["id"] in live else RunOut.of_row(row) for row in page]
    older = await manager.store.previous(run.id for run in known)
    runs = [Listed(**run.model_dump(), previous=_beside(run, older.get(run.id))) for run in known]
    last = page[-1] if len(found) > limit else None
    return RunList(runs=runs, next=_as_cursor(last["created_at"], last["id"]) if last else None)


def _beside(run: RunOut, older: dict[str, Any] | None) -> Previous | None:
    """The older run, its settings only where they were others."""
    if older is None:
        return None
    missing = object()
    others = {name: value for name, value in older["config"].items() if run.config.get(name, missing) != value}
    return Previous(id=older["id"], seed=older["seed"], config=others)


def _as_cursor(created_at: float, id_: str) -> str:
    return base64.urlsafe_b64encode(json.dumps([created_at, id_]).encode()).decode()


def _cursor(text: str) -> tuple[float, str]:
    try:
        created_at, id_ = json.loads(base64.urlsafe_b64decode(text.encode()))
        return float(created_at), str(id_)
    except (ValueError, TypeError, binascii.Error):
        raise Problem(422, "before is not a `next` of this list.", kind="invalid", field="before") from None


@router.get("/{run}")
async def read(run: TheRun) -> RunOut:
    """Where a run stands."""
    return RunOut.of(run)


@router.delete("/{run}", status_code=204, dependencies=[COMMANDED])
async def delete(manager: TheManager, run: TheRun) -> None:
    """End a run and forget it."""
    await manager.remove(run)


@router.patch("/{run}", dependencies=[COMMANDED])
async def change(run: TheRun, commands: TheCommands, body: Change) -> RunOut:
    """Change live settings, the speed, the length, the name or the notes, while it runs."""
    given = {name: getattr(body, name) for name in body.model_fields_set if name != "gesture"}
    await commands.change(given, body.gesture)
    return RunOut.of(run)


@router.post("/{run}/play", dependencies=[COMMANDED])
async def play(run: TheRun, commands: TheCommands) -> RunOut:
    """Train on, now or when there is a place."""
    await commands.play()
    return RunOut.of(run)


@router.post("/{run}/pause", dependencies=[COMMANDED])
async def pause(run: TheRun, commands: TheCommands) -> RunOut:
    """Stop after the step under way."""
    await commands.pause()
    return RunOut.of(run)


@router.post("/{run}/step", dependencies=[COMMANDED])
async def step(run: TheRun, commands: TheCommands, body: Annotated[Steps | None, Body()] = None) -> Stepped:
    """Make some steps of a paused run, and answer with their metrics."""
    columns = await commands.step((body or Steps()).count)
    return Stepped(**RunOut.of(run).model_dump(), metrics=rows.as_json(columns))


@router.post("/{run}/reset", dependencies=[COMMANDED])
async def reset(run: TheRun, commands: TheCommands, body: Annotated[Reset | None, Body()] = None) -> RunOut:
    """Begin again, with other settings or another seed if given. Viewers stay, a new take begins."""
    body = body or Reset()
    await commands.reset(body.config, body.seed)
    return RunOut.of(run)


@router.post("/{run}/rewind", dependencies=[COMMANDED])
async def rewind(run: TheRun, commands: TheCommands, body: Rewind) -> RunOut:
    """Back to any step: what came after falls, a new take begins, the run is paused."""
    await commands.rewind(body.step)
    return RunOut.of(run)


@router.post("/{run}/undo", dependencies=[COMMANDED])
async def undo(run: TheRun, commands: TheCommands) -> RunOut:
    """Take back the newest change by hand, with its whole drag; the steps since then are made again without it."""
    await commands.undo()
    return RunOut.of(run)


@router.post("/{run}/branch", status_code=201, dependencies=[COMMANDED])
async def branch(
    client: TheClient, commands: TheCommands, response: Response, body: Annotated[Branch | None, Body()] = None
) -> RunOut:
    """A new run that begins where this one was at a step, paused, with other settings or another seed if given."""
    body = body or Branch()
    run = await commands.branch(client, body.step, body.config, body.seed)
    response.headers["Location"] = f"/api/runs/{run.id}"
    return RunOut.of(run)


@router.get("/{run}/keyframes")
async def keyframes(manager: TheManager, run: TheRun) -> Keyframes:
    """The steps at which every view has been kept."""
    return Keyframes(steps=await asyncio.to_thread(kept.steps, manager.folder(run.id) / "kept"))


@router.post("/{run}/probes/{probe}", dependencies=[ASKED])
async def probe(commands: TheCommands, probe: str, body: Annotated[Json, Body()] = None) -> Response:
    """Ask the model something; it answers with figures and stays as it is."""
    return Response(await commands.probe(probe, body), media_type="application/json")


@router.post("/{run}/actions/{action}", dependencies=[COMMANDED])
async def act(
    commands: TheCommands, action: str, body: Annotated[Json, Body()] = None, gesture: Gesture = None
) -> Acted:
    """Change the model or the data by hand, between two steps."""
    return Acted(step=await commands.act(action, body, gesture))


@router.get("/{run}/edits")
async def edits(manager: TheManager, run: TheRun) -> Edits:
    """What was changed by hand in this take, in order."""
    return Edits(edits=await manager.store.edits(run.id, run.record.take))


@router.get("/{run}/metrics", responses={200: {"content": {"text/csv": {}}}})
async def metrics(
    manager: TheManager,
    run: TheRun,
    since: Annotated[int, Query(ge=-1, le=1 << 53, description="Only steps after this one.")] = -1,
    points: Annotated[int | None, Query(ge=2, le=100_000, description="About so many rows, extremes kept.")] = None,
    accept: Annotated[str, Header(include_in_schema=False)] = "",
) -> Response:
    """Equal-length columns: `step`; `time_s`, the seconds the run had trained; its metrics, null where there are none.

    `time_s` leaves out pauses, and what is drawn or kept for looking back. After a rewind it goes on from where it
    stood at that step.
    """
    csv = "text/csv" in accept
    columns = await manager.store.rows(run.id, since)
    text = await asyncio.to_thread(_written, columns, points, csv)
    if csv:
        disposition = {"Content-Disposition": f'attachment; filename="{run.record.lab}-{run.id}.csv"'}
        return PlainTextResponse(text, media_type="text/csv", headers=disposition)
    return Response(text, media_type="application/json")


def _written(columns: rows.Columns, points: int | None, csv: bool) -> str:
    """Columns as text; ten million steps take a while, so not on the event loop."""
    if points:
        columns = rows.thin(columns, points)
    return rows.as_csv(columns) if csv else json.dumps(rows.as_json(columns), allow_nan=False)


@router.get("/{run}/views/{view}", responses={200: {"content": {FRAME: {}, "application/json": {}, PLOTLY: {}}}})
async def view(
    manager: TheManager,
    run: TheRun,
    commands: TheCommands,
    view: str,
    accept: Annotated[str, Header(include_in_schema=False)] = "",
    step: Annotated[int | None, Query(ge=0, le=1 << 53, description="The nearest kept frame at or below.")] = None,
) -> Response:
    """A view as it is now, or was: safetensors, or JSON in real units, or Plotly's JSON, as Accept says."""
    form: Literal["frame", "json", "plotly"] = (
        "plotly" if PLOTLY in accept else "json" if "application/json" in accept else "frame"
    )
    if step is None:
        step, body = await commands.view(view, form)
    else:
        found = await asyncio.to_thread(kept.frame, manager.folder(run.id) / "kept", view, step)
        if found is None:
            raise not_found("kept frame", f"{view} at or before step {step}"[:200])
        step, body = found
        if form != "frame":
            body = await manager.labs.converted(body, form)
    kind: dict[str, Any] = {"frame": FRAME, "json": "application/json", "plotly": PLOTLY}
    return Response(body, media_type=kind[form], headers={"X-Step": str(step)})
