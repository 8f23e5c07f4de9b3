"""A checkpoint from elsewhere becomes a run: looked at, tried in a process of its own, and only then stored."""

import asyncio
import secrets
import shutil
from pathlib import Path
from typing import Any, BinaryIO

from server.problems import invalid, of_worker
from server.runs import checkpoints, sealed
from server.runs.labs import limit
from server.runs.local import Refusal, WorkerGone
from server.runs.manager import Manager
from server.runs.run import Record, Run
from server.runs.sealed import Unsound

HINT = "It needs another Orrery, or another setting of this one."


async def take_in(manager: Manager, client: str, file: BinaryIO, size_bytes: int) -> Run:
    """A new run, paused, that stands where the checkpoint in a file stood.

    Raises a problem that says why it cannot be one.
    """
    envelope, head = await asyncio.to_thread(sealed.unseal, file, size_bytes)
    about = envelope.about
    config = await _allowed(manager, about)
    record = Record(
        secrets.token_urlsafe(9), about["lab"], config, 0, 1, client, status="paused",
        speed=manager.labs.describe(about["lab"])["steps_per_second"],
    )  # fmt: skip
    folder = manager.folder(record.id)
    try:
        await asyncio.to_thread(_lay_down, folder, int(about["step"]), head, file, envelope.begin)
        stands = await _examined(manager, record.lab, folder)
        for name in ("step", "epoch", "config", "seed", "passed"):
            setattr(record, name, stands[name])
        record.max_steps = min(max(stands["max_steps"], stands["step"]), manager.settings.max_steps)
        record.name = f"{manager.labs.describe(record.lab)['title']} from step {record.step:,}, uploaded"[:200]
        return await manager.stand(record, stands["edits"])
    except BaseException:
        await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)
        raise


async def _allowed(manager: Manager, about: dict[str, Any]) -> dict[str, Any]:
    """The full config; raises a 422 for a lab, settings or a size that this server does not take."""
    lab, settings = about.get("lab"), manager.settings
    if not isinstance(lab, str) or lab not in manager.labs.labs:
        raise Unsound(
            f"This is a checkpoint of the lab {str(lab)[:100]!r}, which this server has not.",
            "GET /api/chapters lists the labs that are here.",
        )
    bounds = {"step": (0, settings.max_steps), "threads": (1, settings.threads)}
    for name, (least, most) in bounds.items():
        value = about.get(name)
        if type(value) is not int or value < least:
            raise Unsound(f"This checkpoint names no {name}.")
        if value > most:
            raise invalid([limit(name, value, most, f"This checkpoint has {{:,}} {name}s; this server takes {{:,}}.")])
    config: dict[str, Any] = {}
    for name in ("first_config", "config"):
        if not isinstance(given := about.get(name), dict):
            raise Unsound("This checkpoint holds no settings.")
        config = await manager.labs.checked(lab, given)
    return config


def _lay_down(folder: Path, step: int, head: bytes, file: BinaryIO, begin: int) -> None:
    checkpoints.write(folder / "checkpoints", step, [head, *sealed.pieces(file, begin)])


async def _examined(manager: Manager, lab: str, folder: Path) -> dict[str, Any]:
    """What a process of its own, bounded as a run is, says of the checkpoint; raises what it refuses."""
    settings = manager.settings
    link = await manager.processes.make("run", lambda header, body: None)
    try:
        stands, _ = await link.ask(
            "examine", timeout_s=settings.start_s, lab=lab, folder=str(folder / "checkpoints"),
            limits=manager.limits_of_a_run(),
        )  # fmt: skip
    except Refusal as refusal:
        raise of_worker(refusal.problem) from None
    except TimeoutError:
        link.kill()
        raise Unsound(f"This checkpoint could not be tried within {settings.start_s:g} s.", HINT) from None
    except WorkerGone:
        raise Unsound("The process that tried this checkpoint did not survive it.", HINT) from None
    finally:
        link.close()
    return stands
