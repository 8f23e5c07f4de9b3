"""The application: routes, errors, the guard in front, and the manager behind."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.routing import iter_route_contexts
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.routing import Route, compile_path

from server import docs, pages
from server.api import checkpoints, datasets, health, labs, runs, stream
from server.datasets.keeping import Datasets
from server.problems import MOST_ERRORS, Problem, invalid
from server.runs.labs import Labs
from server.runs.local import Processes
from server.runs.manager import Manager
from server.runs.store import Store
from server.security import HEADERS, Guard, is_page
from server.settings import Settings

ABOUT = """Every button of the browser is a call here. A run's numbers come as they happen on
`WS /api/runs/{run}/stream`. Errors are problem details (RFC 9457)."""


def create_app(settings: Settings) -> FastAPI:
    """The whole server; its processes begin and end with its lifespan."""
    app = FastAPI(
        title="Orrery", version="1", description=ABOUT, lifespan=_lifespan, docs_url=None, redoc_url=None,
    )  # fmt: skip
    processes = Processes(settings)
    app.state.settings = settings
    app.state.manager = Manager(settings, Store(settings.home / "orrery.db"), processes, Labs(processes, settings))
    app.state.datasets = Datasets(settings)
    for router in (
        health.router,
        labs.router,
        runs.router,
        checkpoints.router,
        datasets.router,
        stream.router,
        docs.router,
        pages.router,
    ):
        app.include_router(router)
    app.mount("/static", pages.static())
    app.openapi = lambda: docs.describe(app)  # type: ignore[method-assign]
    app.add_exception_handler(Problem, _problem)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(Exception, _fault)
    app.add_middleware(Guard, settings=settings)
    return app


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    await app.state.manager.start()
    await datasets.clear(app.state.manager, app.state.datasets)
    try:
        yield
    finally:
        await app.state.manager.stop()


# ---------------------------------------------------------------- errors


def _answer(request: Request, problem: Problem) -> Response:
    """A visitor gets a page, a script gets JSON."""
    if is_page(request.scope["path"]) and "text/html" in request.headers.get("accept", ""):
        return pages.error_page(request, problem)
    return problem.response()


async def _problem(request: Request, error: Any) -> Response:
    return _answer(request, error)


async def _http(request: Request, error: Any) -> Response:
    detail = "There is nothing here." if error.status_code == 404 else str(error.detail)
    headers = dict(error.headers or {})
    if error.status_code == 405:
        headers["Allow"] = ", ".join(_methods(request))
    return _answer(request, Problem(error.status_code, detail, headers=headers))


def _methods(request: Request) -> list[str]:
    """What can be done at the path of a request: each method is a route of its own."""
    found: set[str] = set()
    for context in iter_route_contexts(request.app.routes):
        if isinstance(context.original_route, Route) and compile_path(context.path or "")[0].match(
            request.scope["path"]
        ):
            found |= context.methods or set()
    return sorted(found or {"GET", "HEAD"})


async def _invalid(request: Request, error: Any) -> Response:
    """A body or parameter that does not fit: field, value and bound."""
    errors = []
    for item in error.errors()[:MOST_ERRORS]:
        where = [str(part) for part in item["loc"] if part not in ("body", "query", "path")]
        bound = {name: value for name, value in (item.get("ctx") or {}).items() if isinstance(value, int | float | str)}
        value = item.get("input")
        simple = (
            isinstance(value, int | float | str | bool)
            and len(str(value)) <= 100
            and value == value
            and abs(_size(value)) != float("inf")
        )
        told = {"value": value} if simple else {}
        errors.append({"field": ".".join(where) or "body", "message": str(item["msg"]), "bound": bound, **told})
    return invalid(errors).response()


def _size(value: Any) -> float:
    return value if isinstance(value, int | float) else 0


async def _fault(request: Request, error: Any) -> Response:
    """Answered outside of the guard, which is why its headers are added here."""
    response = _answer(request, Problem(500, "The server has a fault; its log has the details.", kind="fault"))
    response.headers.update({**HEADERS, "Cache-Control": "no-store"})
    return response
