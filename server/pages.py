"""The pages, rendered on the server so that they read without JavaScript, and the files they need.

Third-party files are served out of the packages that carry them; none is copied into this tree.
"""

import asyncio
import gzip
import importlib.util
from functools import lru_cache
from os import PathLike as PathOf
from os import stat_result
from pathlib import Path
from typing import Any

from fastapi import APIRouter, Request
from starlette.datastructures import Headers
from starlette.responses import FileResponse, HTMLResponse, Response
from starlette.staticfiles import StaticFiles
from starlette.templating import Jinja2Templates
from starlette.types import Scope

from server.api.deps import TheManager
from server.problems import Problem
from server.text import render

FRONTEND = Path(__file__).resolve().parent.parent / "frontend"
PathLike = str | PathOf[str]
TEXT = (".js", ".css", ".svg")
DAY = {"Cache-Control": "public, max-age=86400"}
router = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)
templates = Jinja2Templates(FRONTEND / "templates")
templates.env.policies["json.dumps_kwargs"] = {"sort_keys": False}  # settings stand in the order the lab wrote them


def package_file(package: str, *parts: str) -> Path:
    """A file inside an installed package, found without importing it."""
    spec = importlib.util.find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        raise FileNotFoundError(package)
    return Path(spec.submodule_search_locations[0]).joinpath(*parts)


@lru_cache(maxsize=256)
def squeezed(path: str, changed_ns: int) -> bytes:
    """A text file as gzip; `changed_ns` makes a changed file another one."""
    return gzip.compress(Path(path).read_bytes())


class Static(StaticFiles):
    """Files that a browser keeps but asks about each time, so that a page and its scripts are of one version.

    Text goes as gzip.
    """

    def file_response(
        self, full_path: PathLike, stat_result: stat_result, scope: Scope, status_code: int = 200
    ) -> Response:
        response = super().file_response(full_path, stat_result, scope, status_code)
        response.headers["Cache-Control"] = "no-cache"
        response.headers["Content-Security-Policy"] = "default-src 'none'"  # no page, and there are many files
        if Path(full_path).suffix not in TEXT:
            return response
        response.headers["Vary"] = "Accept-Encoding"
        if not isinstance(response, FileResponse) or "gzip" not in Headers(scope=scope).get("accept-encoding", ""):
            return response
        headers = {
            name: value for name, value in response.headers.items() if name not in ("content-length", "accept-ranges")
        }
        return Response(
            squeezed(str(full_path), stat_result.st_mtime_ns), status_code, {**headers, "Content-Encoding": "gzip"}
        )


def static() -> Static:
    """The frontend's own files."""
    return Static(directory=FRONTEND / "static", check_dir=False)


@router.get("/")
async def home(request: Request, manager: TheManager) -> Response:
    """The syllabus as a map."""
    return page(request, "home.html", chapters=_chapters(manager))


@router.get("/labs/{lab}")
async def lab(request: Request, manager: TheManager, lab: str) -> Response:
    """One lab."""
    chapters = _chapters(manager)
    about = manager.labs.describe(lab)
    return page(request, "lab.html", lab=about, text=render(about["text"]), chapters=chapters, run_id=None)


@router.get("/runs")
async def runs(request: Request, manager: TheManager) -> Response:
    """All runs."""
    return page(request, "runs.html", titles=_titles(manager))


@router.get("/compare")
async def compare(request: Request, manager: TheManager) -> Response:
    """Several runs in lock step."""
    return page(request, "compare.html", titles=_titles(manager))


@router.get("/runs/{run}")
async def run(request: Request, manager: TheManager, run: str) -> Response:
    """One run, on its lab's page."""
    chapters = _chapters(manager)
    record = (await manager.get(run)).record
    about = manager.labs.describe(record.lab)
    return page(request, "lab.html", lab=about, text=render(about["text"]), chapters=chapters, run_id=record.id)


def _chapters(manager: TheManager) -> list[dict[str, Any]]:
    if not manager.labs.loaded:
        raise Problem(
            503,
            "The labs are being loaded: a second or two.",
            kind="not-ready",
            headers={"Retry-After": "1", "Refresh": "1"},
        )
    return manager.labs.chapters


def _titles(manager: TheManager) -> dict[str, str]:
    """The labs' titles by their ids, in the order of the course."""
    return {lab["id"]: lab["title"] for chapter in _chapters(manager) for lab in chapter["labs"]}


@router.get("/assets/plotly.min.js")
async def plotly(request: Request) -> Response:
    """Plotly, loaded by the page when a figure is opened."""
    path = package_file("plotly", "package_data", "plotly.min.js")
    headers = {**DAY, "Vary": "Accept-Encoding"}
    if "gzip" not in request.headers.get("accept-encoding", ""):
        return FileResponse(path, headers=headers, media_type="text/javascript")
    body = await asyncio.to_thread(squeezed, str(path), path.stat().st_mtime_ns)
    return Response(body, headers={**headers, "Content-Encoding": "gzip"}, media_type="text/javascript")


@router.get("/assets/stix.ttf")
async def stix() -> Response:
    """STIX Two Math, the font of the formulas."""
    return FileResponse(package_file("ziamath", "fonts", "STIXTwoMath-Regular.ttf"), headers=DAY, media_type="font/ttf")


@router.get("/favicon.ico")
async def favicon() -> Response:
    """The mark of the house."""
    return FileResponse(FRONTEND / "static" / "orrery.svg", media_type="image/svg+xml", headers=DAY)


def page(request: Request, template: str, code: int = 200, **context: Any) -> Response:
    """A rendered template."""
    return templates.TemplateResponse(request, template, context, status_code=code)


def error_page(request: Request, problem: Problem) -> Response:
    """What a visitor sees when there is no page."""
    titles = {404: "There is no such page", 503: "Just a moment"}
    response = page(
        request,
        "error.html",
        problem.status,
        status=problem.status,
        title=titles.get(problem.status, "That did not work"),
        message=problem.detail,
    )
    response.headers.update(problem.headers)
    return response
