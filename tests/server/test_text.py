"""A lab's Markdown as HTML."""

import json
from html import unescape
from pathlib import Path
from re import search

import pytest

from server.text import directive, render, settings, to_html

TOY = Path(__file__).parent / "labs" / "toys" / "toy.md"


@pytest.fixture(scope="module")
def text() -> dict:
    return render(TOY.read_text().split("---\n", 2)[2])


def test_sections(text: dict) -> None:
    assert set(text) == {"idea", "equations", "try", "try_steps", "notes", "read"}
    assert "falls" in text["idea"]
    assert text["read"] == "<p>The notes.</p>\n"


def test_html_is_not_passed_on(text: dict) -> None:
    assert "<b>" not in text["idea"]
    assert "<script" not in to_html("<script>alert(1)</script> [x](javascript:alert(1)) ![i](data:text/html,x)")
    assert "javascript:" not in to_html("[x](javascript:alert(1))").replace("[x](javascript:alert(1))", "")


def test_mathematics_becomes_mathml(text: dict) -> None:
    assert '<math data-latex="x"' in text["idea"]
    assert 'display="block"' in text["equations"]
    assert "<math" not in to_html("`$x$` costs \\$5 and \\$6")
    assert to_html("$a_1$ and $b_1$").count("<math") == 2


def test_an_underscore_in_mathematics_is_no_emphasis() -> None:
    assert "<em>" not in to_html("$a_i$ or $b_i$ and $c*d*e$")


def test_a_slip_in_a_formula_takes_no_page_with_it() -> None:
    assert "bad-math" in to_html(r"$\frac{1}$") or "<math" in to_html(r"$\frac{1}$")


def test_steps_have_buttons(text: dict) -> None:
    assert len(text["try"]) == 2
    values = search(r'data-set="([^"]*)"', text["try"][1])
    assert values is not None
    assert json.loads(unescape(values[1])) == {"layers": [{"units": 4}], "start": 3}
    assert 'data-look="values"' in text["try"][0]
    assert 'data-speed="1"' in text["try"][1]
    assert '<button type="button" class="directive" data-play="">' in text["try"][0]


def test_notes_are_cards(text: dict) -> None:
    assert text["notes"].count('<div class="card') == 2
    assert '<div class="card says">' in text["notes"]
    assert '<div class="card true">' in text["notes"]


def test_settings() -> None:
    assert settings('data=xor rate=0.3 on=true name="a b" layers=[{"units":4,"activation":"tanh"}] none=null') == {
        "data": "xor", "rate": 0.3, "on": True, "name": "a b", "layers": [{"units": 4, "activation": "tanh"}],
        "none": None,
    }  # fmt: skip
    assert settings("features=1x rate=1e-3") == {"features": "1x", "rate": 0.001}


def test_a_directive_cannot_break_out_of_its_attribute() -> None:
    assert "<img" not in directive("look", '"><img src=x>')


def test_every_lab_renders_without_a_bad_formula() -> None:
    for path in (Path(__file__).parents[2] / "models" / "labs").glob("*/*.md"):
        if path.name != "chapter.md":
            html = render(path.read_text())
            assert "bad-math" not in json.dumps(html), path
            assert "$" not in html["idea"], path
