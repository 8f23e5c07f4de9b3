"""The pages and the files they need."""

import json
import re

from tests.server.conftest import Server


def test_home_is_the_map_of_the_course(server: Server) -> None:
    page = server.call("GET", "/")
    assert page.status_code == 200
    assert 'href="/labs/toy"' in page.text
    assert "Toys" in page.text
    assert "Hanging" in page.text


def test_a_lab_reads_without_script(server: Server) -> None:
    page = server.call("GET", "/labs/toy").text
    assert "<math" in page
    assert 'class="directive"' in page
    assert "A model of one number" in page


def test_the_description_is_in_the_page(server: Server) -> None:
    page = server.call("GET", "/labs/toy").text
    block = re.search(r'<script type="application/json" id="lab">(.*?)</script>', page, re.DOTALL)
    assert block is not None
    assert json.loads(block[1])["id"] == "toy"
    assert "</" not in block[1]


def test_a_page_for_a_run(server: Server) -> None:
    run = server.make()
    page = server.call("GET", f"/runs/{run}")
    assert page.status_code == 200
    assert run in page.text


def test_the_runs_and_their_comparison_know_the_labs_by_title(server: Server) -> None:
    for path in ("/runs", "/compare?runs=a,b"):
        page = server.call("GET", path)
        assert page.status_code == 200
        block = re.search(r'<script type="application/json" id="labs">(.*?)</script>', page.text, re.DOTALL)
        assert block is not None
        assert json.loads(block[1])["toy"] == "Toy"
        assert "<noscript>" in page.text
    assert 'href="/runs" aria-current="page"' in server.call("GET", "/runs").text
    assert '<a class="nav" href="/runs">' in server.call("GET", "/").text


def test_nothing_is_inline_and_nothing_comes_from_elsewhere(server: Server) -> None:
    for path in ("/", "/labs/toy", "/runs", "/compare", "/docs"):
        page = server.call("GET", path).text
        for attributes, body in re.findall(r"<script([^>]*)>(.*?)</script>", page, re.DOTALL):
            assert not body.strip() or "application/json" in attributes, path
        assert not re.search(r"\son[a-z]+\s*=\s*[\"']", re.sub(r"<pre.*?</pre>", "", page, flags=re.DOTALL)), path
        assert "<style" not in page
        assert not re.search(r'(?:src|href)="(?:https?:)?//', re.sub(r"<a [^>]*>", "", page)), path


def test_files_out_of_the_packages_that_carry_them(server: Server) -> None:
    for path, kind, size in [
        ("/assets/plotly.min.js", "javascript", 3_000_000),
        ("/assets/stix.ttf", "font/ttf", 100_000),
    ]:
        answer = server.call("GET", path)
        assert answer.status_code == 200
        assert kind in answer.headers["Content-Type"]
        assert len(answer.content) > size
        assert "max-age" in answer.headers["Cache-Control"]
    assert server.call("GET", "/static/css/tokens.css").headers["Cache-Control"] == "no-cache"
