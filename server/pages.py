"""The pages, rendered on the server so that they read without JavaScript, and the files they need.

Third-party files are served out of the packages that carry them; none is copied into this tree.
"""

import importlib.util
from pathlib import Path
from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import FileResponse, HTMLResponse, Response
from starlette.staticfiles import StaticFiles
from starlette.templating import Jinja2Templates

from server.api.deps import TheManager
from server.problems import Problem
from server.text import render

FRONTEND = Path(__file__).resolve().parent.parent / "frontend"
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


class Static(StaticFiles):
    """Files that a browser keeps but asks about each time: a page and its scripts are always of one version."""

    def file_response(self, *args: Any, **kwargs: Any) -> Response:
        response = super().file_response(*args, **kwargs)
        response.headers["Cache-Control"] = "no-cache"
        return response


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


@router.get("/assets/plotly.min.js")
async def plotly() -> Response:
    """Plotly, loaded by the page when a figure is opened."""
    return FileResponse(
        package_file("plotly", "package_data", "plotly.min.js"), headers=DAY, media_type="text/javascript"
    )


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
