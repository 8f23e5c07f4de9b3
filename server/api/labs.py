"""The course and its labs."""

from typing import Any

from fastapi import APIRouter

from server.api.deps import COMMANDED, TheManager
from server.api.schemas import Check, Checked
from server.problems import Problem

router = APIRouter(prefix="/api", tags=["labs"])


def _loaded(manager: TheManager) -> None:
    if not manager.labs.loaded:
        raise Problem(503, "The labs are being loaded.", kind="not-ready", headers={"Retry-After": "1"})


@router.get("/chapters")
async def chapters(manager: TheManager) -> list[dict[str, Any]]:
    """The course: its chapters, the labs that start, those to come, and those that are broken."""
    _loaded(manager)
    return manager.labs.chapters


@router.get("/labs")
async def labs(manager: TheManager) -> list[dict[str, Any]]:
    """Every lab that starts, in the order of the course."""
    _loaded(manager)
    names = ("id", "title", "summary", "chapter", "chapter_title")
    return [{name: lab[name] for name in names} for lab in manager.labs.labs.values()]


@router.get("/labs/{lab}")
async def lab(manager: TheManager, lab: str) -> dict[str, Any]:
    """What a lab can be set to, what it shows, what it can be asked, what it measures."""
    _loaded(manager)
    return manager.labs.describe(lab)


@router.post("/labs/{lab}/check", dependencies=[COMMANDED])
async def check(manager: TheManager, lab: str, body: Check) -> Checked:
    """What a config would build: shapes, parameters, and what is impossible and why. Nothing is built."""
    _loaded(manager)
    found = await manager.labs.check(lab, body.config)
    return Checked(**{name: found.get(name) for name in Checked.model_fields})
