"""`/docs`: Swagger UI out of its package, with an initialiser file of our own, because nothing inline runs here.

The Swagger UI in the package reads OpenAPI 3.0, FastAPI writes 3.1: `describe` says the same in 3.0.
"""

from pathlib import Path
from typing import Any

from fastapi import APIRouter, FastAPI
from fastapi.openapi.utils import get_openapi
from starlette.responses import FileResponse, HTMLResponse, Response

from server.pages import DAY, package_file
from server.problems import MEDIA_TYPE, not_found
from server.security import OPEN_PATHS

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


PROBLEMS = {
    "400": "Host, Content-Length or body cannot be read, or are not this server's.",
    "401": "The token is missing.",
    "403": "A page of another site asks.",
    "404": "There is no such thing.",
    "409": "Not in the state the run is in.",
    "413": "Larger than this server takes.",
    "415": "The body is not JSON.",
    "422": "A value does not fit: `field`, `value` and `bound` say which, `errors` all of them.",
    "429": "Too many or too fast: Retry-After says when to come back.",
    "503": "The server is starting or stopping: Retry-After says when to come back.",
    "504": "The run did not answer in time.",
}
PROBLEM = {
    "type": "object",
    "title": "Problem",
    "description": "An error (RFC 9457).",
    "required": ["type", "title", "status", "detail"],
    "properties": {
        "type": {"type": "string"}, "title": {"type": "string"}, "status": {"type": "integer"},
        "detail": {"type": "string"}, "kind": {"type": "string"}, "hint": {"type": "string"},
        "field": {"type": "string"}, "value": {}, "bound": {},
        "errors": {"type": "array", "items": {"type": "object"}},
    },
}  # fmt: skip
WAIT = {
    "Retry-After": {"description": "Seconds to wait.", "required": True, "schema": {"type": "integer", "minimum": 1}}
}


def describe(app: FastAPI) -> dict[str, Any]:
    """The OpenAPI document, in version 3.0.3."""
    if app.openapi_schema is None:
        told = get_openapi(title=app.title, version=app.version, description=app.description, routes=app.routes)
        for path, methods in told["paths"].items():
            for method, operation in methods.items():
                _tell_problems(path, method, operation)
                operation["security"] = [] if path in OPEN_PATHS else [{"token": []}]
        parts = told["components"]
        for name in ("HTTPValidationError", "ValidationError"):  # FastAPI's own, which nobody is sent
            parts["schemas"].pop(name, None)
        parts["schemas"]["Problem"] = PROBLEM
        parts["responses"] = {code: _problem(code, text) for code, text in PROBLEMS.items()}
        parts["securitySchemes"] = {
            "token": {"type": "http", "scheme": "bearer", "description": "Where the server has a token (ORRERY_TOKEN)."}
        }
        app.openapi_schema = {**older(told), "openapi": "3.0.3"}
    return app.openapi_schema


def _problem(code: str, text: str) -> dict[str, Any]:
    content = {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}
    return {"description": text, "content": content, **({"headers": WAIT} if code in ("429", "503") else {})}


def _tell_problems(path: str, method: str, operation: dict[str, Any]) -> None:
    """Every error that an operation can answer with."""
    codes = {"400", "403"}
    if path not in OPEN_PATHS:
        codes |= {"401", "422", "503"}
    if "{" in path:
        codes |= {"404"}
    if method != "get":
        codes |= {"404", "409", "413", "415", "429", "504"}
    if "{view}" in path:  # a look is asked of the run's process
        codes |= {"409", "429", "504"}
    operation["responses"].pop("422", None)
    for code in sorted(codes - set(operation["responses"])):
        operation["responses"][code] = {"$ref": f"#/components/responses/{code}"}


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
