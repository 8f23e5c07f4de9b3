"""A lab's Markdown as HTML: its sections, its equations as MathML, and the buttons of *Try this*.

HTML in the Markdown is not passed on. `$…$` and `$$…$$` are LaTeX, turned into MathML here, so that the page needs no
script for it. Directives `{set k=v …}`, `{look view}`, `{play}`, `{speed 1}` become buttons that the page acts on.
"""

import json
import re
from functools import lru_cache
from html import escape
from typing import Any

from latex2mathml.converter import convert
from markdown_it import MarkdownIt

HEADINGS = {
    "idea": "idea",
    "equations": "equations",
    "try this": "try",
    "the notes say / true": "notes",
    "the notes say": "notes",
    "read on": "read",
}
MATH = re.compile(
    r"(?P<code>`+[^`]*`+)|\\\$|\$\$(?P<block>.+?)\$\$|\$(?P<inline>[^\s$](?:[^$\n]*[^\s$\\])?)\$", re.DOTALL
)
DIRECTIVE = re.compile(r"\{(?P<verb>set|look|play|pause|step|reset|speed)\b(?P<rest>(?:[^{}]|\{[^{}]*\})*)\}")
STEP = re.compile(r"^\d+\.\s+", re.MULTILINE)
PLACE = re.compile(r"\ue000(\d+)\ue001")
SAID = re.compile(r"\*\*\s*(the notes say|true|what is true)\s*[.:]?\s*\*\*[.:]?\s*(.*)", re.IGNORECASE | re.DOTALL)


def render(markdown: str) -> dict[str, Any]:
    """{idea, equations, try, notes, read} as HTML; `try` (and `try_steps`) is a list, one item a step."""
    parts = sections(markdown)
    html: dict[str, Any] = {name: to_html(parts.get(name, "")) for name in ("idea", "equations", "read")}
    html["notes"] = notes(parts.get("notes", ""))
    html["try"] = html["try_steps"] = [to_html(step) for step in steps(parts.get("try", ""))]
    return html


def sections(markdown: str) -> dict[str, str]:
    """The text under each `## Heading` that a lab's page knows."""
    pieces = re.split(r"^##[ \t]+(.+?)[ \t]*$", markdown, flags=re.MULTILINE)
    return {
        HEADINGS[title.lower()]: text.strip()
        for title, text in zip(pieces[1::2], pieces[2::2], strict=True)
        if title.lower() in HEADINGS
    }


def steps(text: str) -> list[str]:
    """The items of a numbered list, their indented lines included."""
    items = STEP.split(text)[1:]
    return [re.sub(r"^ {2,4}", "", item, flags=re.MULTILINE).strip() for item in items]


def notes(text: str) -> str:
    """What the notes say beside what is true, as pairs of cards."""
    cards: list[str] = []
    for block in re.split(r"\n\s*\n(?=>)|\n(?=>\s*\*\*)", text):
        plain = re.sub(r"^>[ \t]?", "", block.strip(), flags=re.MULTILINE)
        said = SAID.match(plain)
        if said:
            true = "true" in said[1].lower()
            words = f'<p class="eyebrow">{"True" if true else "The notes say"}</p>{to_html(said[2])}'
            cards.append(f'<div class="card {"true" if true else "says"}">{words}</div>')
        elif plain:
            cards.append(f'<div class="aside">{to_html(plain)}</div>')
    return "".join(cards)


@lru_cache(maxsize=1_024)
def to_html(text: str) -> str:
    """Markdown with mathematics and directives as HTML."""
    kept: list[str] = []

    def keep(html: str) -> str:
        kept.append(html)
        return f"\ue000{len(kept) - 1}\ue001"

    def mathematics(match: re.Match[str]) -> str:
        if match["code"]:
            return match[0]
        if match["block"] or match["inline"]:
            return keep(math(match["block"] or match["inline"], bool(match["block"])))
        return "$"

    text = re.sub("[\ue000\ue001]", "", text)
    text = MATH.sub(mathematics, text)
    text = DIRECTIVE.sub(lambda match: keep(directive(match["verb"], match["rest"].strip())), text)
    html = _markdown().render(text)
    return PLACE.sub(lambda match: kept[int(match[1])], html)


@lru_cache(maxsize=1)
def _markdown() -> MarkdownIt:
    return MarkdownIt("commonmark", {"html": False, "typographer": False}).enable("table")


def math(latex: str, block: bool) -> str:
    """MathML with the LaTeX beside it for whoever copies it."""
    source = latex.strip()
    try:
        mathml = convert(source, display="block" if block else "inline")
    except Exception as error:  # noqa: BLE001 - a slip in one formula must not take the page with it; a test finds it
        return f'<code class="bad-math" title="{escape(str(error))}">{escape(source)}</code>'
    return mathml.replace("<math ", f'<math data-latex="{escape(source)}" ', 1)


def directive(verb: str, rest: str) -> str:
    """The button of a directive."""
    if verb == "set":
        values = settings(rest)
        words = ", ".join(f"{label(name)} = {shown(value)}" for name, value in values.items())
        return button("set", json.dumps(values, ensure_ascii=False), f"Set {words}")
    if verb == "look":
        return button("look", rest, f"Look at {label(rest)}")
    if verb == "speed":
        return button(
            "speed",
            rest or "full",
            "At full speed" if rest in ("", "full", "max") else f"{rest} step{'' if rest == '1' else 's'} a second",
        )
    return button(verb, rest, verb.capitalize() + (f" {rest}" if rest else ""))


def button(name: str, value: str, words: str) -> str:
    """A directive as HTML."""
    return f'<button type="button" class="directive" data-{name}="{escape(value)}">{escape(words)}</button>'


def settings(text: str) -> dict[str, Any]:
    """`data=xor rate=0.3 layers=[{"units":4}]` as values: each is JSON where it can be, else text."""
    found: dict[str, Any] = {}
    decoder = json.JSONDecoder()
    at = 0
    while match := re.compile(r"\s*([A-Za-z_]\w*)=").match(text, at):
        at = match.end()
        try:
            value, at = decoder.raw_decode(text, at)
            ends = at >= len(text) or text[at].isspace()
        except ValueError:
            ends, value = False, None
        if not ends:
            word = re.compile(r"\S*").match(text, match.end())
            value, at = (word[0], word.end()) if word else ("", at)
        found[match[1]] = value
    return found


def label(name: str) -> str:
    return name.replace("_", " ")


def shown(value: Any) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, list) and all(isinstance(item, dict) for item in value):
        return "–".join(str(next(iter(item.values()), "")) for item in value) or "none"
    return json.dumps(value, ensure_ascii=False)
