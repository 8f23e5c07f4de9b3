"""Swagger UI under the strict policy."""

from tests.server.conftest import Server


def test_docs_and_their_files(server: Server) -> None:
    page = server.call("GET", "/docs")
    assert page.status_code == 200
    for name, kind in [
        ("swagger-ui.css", "text/css"),
        ("swagger-ui-bundle.js", "javascript"),
        ("start.js", "javascript"),
    ]:
        assert f"/assets/docs/{name}" in page.text
        answer = server.call("GET", f"/assets/docs/{name}")
        assert answer.status_code == 200
        assert kind in answer.headers["Content-Type"]
    assert server.call("GET", "/assets/docs/index.html").status_code == 404
