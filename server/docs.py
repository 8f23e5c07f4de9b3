"""`/docs`: Swagger UI out of its package, with an initialiser file of our own, because nothing inline runs here."""

from pathlib import Path

from fastapi import APIRouter
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
