"""Whether the server lives, whether it is ready, and what it is doing in numbers."""

import sqlite3

from fastapi import APIRouter, Response
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from server.api.deps import TheManager
from server.gauges import registry

router = APIRouter(tags=["health"])


@router.get("/healthz")
async def healthz() -> dict[str, str]:
    """200 while the server answers at all."""
    return {"status": "ok"}


@router.get("/readyz")
async def readyz(manager: TheManager, response: Response) -> dict[str, str]:
    """200 once the labs are loaded and a run can be made; 503 before, and while shutting down."""
    response.status_code = 200 if manager.ready else 503
    status = "ready" if manager.ready else "draining" if manager.draining else "starting"
    return {"status": status, "sqlite": sqlite3.sqlite_version}


@router.get("/metrics", include_in_schema=False)
async def metrics(manager: TheManager) -> Response:
    """Prometheus."""
    return Response(generate_latest(registry(manager)), media_type=CONTENT_TYPE_LATEST)
