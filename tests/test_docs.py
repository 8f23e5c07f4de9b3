"""What the READMEs tell people to type works: every command and every block of code in them is run here."""

import importlib
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from tests.live import ROOT, LiveServer

READMES = [ROOT / "README.md", *(ROOT / part / "README.md" for part in ("models", "server", "frontend"))]
TARGETS = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))


def blocks(readme: Path, language: str) -> list[str]:
    """The fenced blocks of a language ("" for plain ones)."""
    return re.findall(rf"^```{language}\n(.*?)^```", readme.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)


def commands(readme: Path, program: str) -> list[str]:
    """The lines of plain and shell blocks that call a program."""
    lines = [
        line
        for language in ("", "sh", "bash", "console")
        for block in blocks(readme, language)
        for line in block.splitlines()
    ]
    return [line.removeprefix("$ ") for line in lines if re.match(rf"(\$ )?(\w+=\S+ )*(\.venv/bin/)?{program} ", line)]


@pytest.mark.parametrize("readme", READMES, ids=lambda path: path.parent.name)
def test_every_make_target_that_is_named_exists(readme: Path) -> None:
    named = set(re.findall(r"`make ([a-z]+)", readme.read_text(encoding="utf-8")))
    named |= {command.split()[1] for command in commands(readme, "make")}

    assert named - TARGETS == set()


@pytest.mark.parametrize("readme", READMES, ids=lambda path: path.parent.name)
def test_every_file_that_is_named_exists(readme: Path) -> None:
    named = re.findall(
        r"(?<![\w/.<-])((?:[\w-]+/)+[\w.-]+\.(?:py|md|js|css|html|png|toml))\b", readme.read_text(encoding="utf-8")
    )
    places = (ROOT, readme.parent, readme.parent / "static", readme.parent / "static/js")

    missing = [name for name in named if not any((place / name).exists() for place in places)]

    assert [name for name in missing if "k_means" not in name] == []


def test_the_five_lines_of_the_api_run(live_server: LiveServer) -> None:
    [code] = blocks(ROOT / "README.md", "python")
    assert len(code.splitlines()) == 5
    assert "http://127.0.0.1:8000" in code

    said = run_python(code.replace("http://127.0.0.1:8000", live_server.url))

    assert 0 < float(said) < 2


def run_python(code: str) -> str:
    """What a script prints; a warning in it fails."""
    return subprocess.run(
        [sys.executable, "-W", "error", "-c", code], cwd=ROOT, check=True, capture_output=True, text=True
    ).stdout


@pytest.mark.parametrize("line", commands(ROOT / "README.md", "orrery"))
def test_the_command_lines_run(line: str) -> None:
    words = [word for word in shlex.split(line) if not re.match(r"\w+=", word) or "--set" in line]
    if "serve" in words:
        pytest.skip("serving is tested with a port of its own")

    subprocess.run([sys.executable, "-m", "server", *words[1:]], cwd=ROOT, check=True, capture_output=True, timeout=300)


# ---------------------------------------------------------------- "Write a lab in ten minutes"


@pytest.fixture
def k_means(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> type:
    """The lab of models/README.md, found by the catalog as if it lay in its chapter's folder."""
    readme = ROOT / "models/README.md"
    (tmp_path / "k_means.py").write_text(blocks(readme, "python")[0], encoding="utf-8")
    (tmp_path / "k_means.md").write_text(blocks(readme, "markdown")[0], encoding="utf-8")
    chapter = importlib.import_module("models.labs.representation")
    monkeypatch.setattr(chapter, "__path__", [*chapter.__path__, str(tmp_path)])
    yield importlib.import_module("models.labs.representation.k_means").KMeans
    del sys.modules["models.labs.representation.k_means"]
