"""A fault of the server itself: an answer with every header, and nothing of the inside in it."""

from pathlib import Path
from typing import Any

import httpx
import pytest

from server.app import create_app
from server.security import HEADERS
from server.settings import Settings


@pytest.mark.parametrize(
    ("path", "accept", "kind"),
    [("/runs", "text/html", "text/html"), ("/runs", "*/*", "application/problem+json"),
     ("/api/labs", "text/html", "application/problem+json")],
)  # fmt: skip
async def test_a_fault(tmp_path: Path, path: str, accept: str, kind: str) -> None:
    app: Any = create_app(Settings(home=tmp_path))
    app.state.manager = None  # a fault in every route
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
        answer = await client.get(path, headers={"Accept": accept})
    assert answer.status_code == 500
    assert answer.headers["Content-Type"].startswith(kind)
    assert {name: answer.headers[name] for name in HEADERS} == HEADERS
    assert answer.headers["Cache-Control"] == "no-store"
    for inside in ("NoneType", "Traceback", "AttributeError", str(Path(__file__).parents[2])):
        assert inside not in answer.text
