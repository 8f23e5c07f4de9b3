"""`/docs`: Swagger UI out of its package, with an initialiser file of our own, because nothing inline runs here.

The Swagger UI in the package reads OpenAPI 3.0, FastAPI writes 3.1: `describe` says the same in 3.0.
"""

from pathlib import Path
from typing import Any

from fastapi import APIRouter, FastAPI
from fastapi.openapi.utils import get_openapi
from starlette.responses import FileResponse, HTMLResponse, Response

from server.pages import DAY, package_file
from server.problems import not_found

router = APIRouter(include_in_schema=False)
FILES = {"swagger-ui.css": "text/css", "swagger-ui-bundle.js": "text/javascript"}
PAGE = """<!doctype html><html lang="en"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Orrery: the API</title><link rel="icon" href="/static/orrery.svg" type="image/svg+xml">
<link rel="stylesheet" href="/assets/docs/swagger-ui.css"></head>
<body><div id="docs"></div>
<noscript>The description of the API is at <a href="/openapi.json">/openapi.json</a>.</noscript>
<script src="/assets/docs/swagger-ui-bundle.js"></script><script src="/assets/docs/start.js"></script></body></html>"""
START = """"use strict";
SwaggerUIBundle({
  url: "/openapi.json", dom_id: "#docs", deepLinking: true, tryItOutEnabled: true, displayRequestDuration: true,
  validatorUrl: null,
});
"""


def describe(app: FastAPI) -> dict[str, Any]:
    """The OpenAPI document, in version 3.0.3."""
    if app.openapi_schema is None:
        told = get_openapi(title=app.title, version=app.version, description=app.description, routes=app.routes)
        app.openapi_schema = {**older(told), "openapi": "3.0.3"}
    return app.openapi_schema


def older(value: Any) -> Any:
    """A piece of an OpenAPI 3.1 document as 3.0 has it: `nullable`, one `example`, exclusive bounds as flags."""
    if isinstance(value, list):
        return [older(item) for item in value]
    if not isinstance(value, dict):
        return value
    new = {name: older(item) for name, item in value.items()}
    if isinstance(options := new.get("anyOf"), list) and {"type": "null"} in options:
        rest = [option for option in options if option != {"type": "null"}]
        del new["anyOf"]
        new |= {
            "nullable": True,
            **(rest[0] if len(rest) == 1 and "$ref" not in rest[0] else {"allOf" if len(rest) == 1 else "anyOf": rest}),
        }
    for name in ("exclusiveMinimum", "exclusiveMaximum"):
        if isinstance(new.get(name), int | float) and not isinstance(new[name], bool):
            new[name.replace("exclusiveM", "m")] = new.pop(name)
            new[name] = True
    if isinstance(new.get("examples"), list) and new["examples"]:
        new["example"] = new["examples"][0]
        new["x-examples"] = new.pop("examples")
    return new


def _vendor() -> Path:
    return next(package_file("swagger_ui_bundle", "vendor").iterdir())


@router.get("/docs")
async def docs() -> Response:
    """The API, to read and to try."""
    return HTMLResponse(PAGE)


@router.get("/assets/docs/{name}")
async def asset(name: str) -> Response:
    """Swagger UI's files, and ours."""
    if name == "start.js":
        return Response(START, media_type="text/javascript", headers=DAY)
    if name not in FILES:
        raise not_found("file", name[:100])
    return FileResponse(_vendor() / name, media_type=FILES[name], headers=DAY)
