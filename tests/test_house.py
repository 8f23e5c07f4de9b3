"""The house keeps its shape: what every lab has, which way the arrows point, what the package carries."""

import inspect
import re
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from models.core import figures
from tests.live import ROOT

LABS = sorted(path for path in (ROOT / "models/labs").glob("*/*.py") if not path.stem.startswith("_"))
CHAPTERS = sorted(path for path in (ROOT / "models/labs").iterdir() if (path / "__init__.py").exists())
PARTS = ("models", "server", "frontend", "tests")
SECTIONS = ("## Idea", "## Equations", "## Try this", "## Read on")


def sources(*suffixes: str, parts: tuple[str, ...] = PARTS) -> Iterator[Path]:
    """The product's own text files."""
    for part in parts:
        for path in sorted((ROOT / part).rglob("*")):
            if path.suffix in suffixes and "__pycache__" not in path.parts:
                yield path


def places(pattern: str, paths: Iterator[Path]) -> list[str]:
    """Where a pattern stands, as file:line."""
    wanted = re.compile(pattern)
    return [
        f"{path.relative_to(ROOT)}:{number}: {line.strip()[:80]}"
        for path in paths
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1)
        if wanted.search(line)
    ]


@pytest.mark.parametrize("lab", LABS, ids=lambda path: path.stem)
def test_every_lab_has_its_text_and_its_test(lab: Path) -> None:
    text = lab.with_suffix(".md")

    assert text.exists(), f"{lab.name} has no {text.name}"
    assert [section for section in SECTIONS if section not in text.read_text(encoding="utf-8")] == []
    assert (ROOT / f"tests/labs/test_{lab.stem}.py").exists(), f"{lab.name} has no test named after it"


@pytest.mark.parametrize("chapter", CHAPTERS, ids=lambda path: path.name)
def test_every_chapter_says_what_it_is_about(chapter: Path) -> None:
    text = (chapter / "chapter.md").read_text(encoding="utf-8")

    assert re.match(r"---\nnumber: \d+\ntitle: .+\nsummary: .+\n---\n", text)


def test_the_ten_chapters_and_the_recap_are_there() -> None:
    numbers = [int(re.search(r"number: (\d+)", (c / "chapter.md").read_text(encoding="utf-8"))[1]) for c in CHAPTERS]

    assert sorted(numbers) == list(range(11))


def test_a_lab_file_imports_no_drawing_no_clock_no_file() -> None:
    assert places(r"^\s*(import|from) (time|datetime|os|pathlib|socket|plotly|PIL|matplotlib)\b", iter(LABS)) == []


def test_every_figure_kind_has_its_drawing() -> None:
    kinds = [
        name for name, value in inspect.getmembers(figures, inspect.isclass)
        if issubclass(value, figures.Figure) and value not in (figures.Figure, getattr(figures, "Choices", None))
    ]  # fmt: skip

    missing = [kind for kind in kinds if not (ROOT / f"frontend/static/js/figures/{kind.lower()}.js").exists()]

    assert len(kinds) >= 10
    assert missing == []


def test_the_pages_name_no_lab() -> None:
    names = "|".join(path.stem.replace("_", "[_-]") for path in LABS)

    named = places(rf"\b({names})\b", sources(".js", ".html", parts=("frontend",)))

    assert [place for place in named if not re.search(r":\d+: (//|/?\*)", place)] == [], (
        "only a comment may, as an example"
    )


def test_the_pages_load_nothing_from_another_host() -> None:
    found = places(r"""(src|href|import|fetch|url)\W{0,3}(https?:)?//[a-z0-9.-]+\.[a-z]{2,}""",
                   sources(".js", ".css", ".html", ".svg", parts=("frontend",)))  # fmt: skip

    assert [place for place in found if "www.w3.org" not in place and "<a " not in place] == []


def test_pages_run_no_text_as_code_and_write_no_data_as_html() -> None:
    found = places(r"\b(eval\(|new Function\(|document\.write|insertAdjacentHTML|outerHTML\s*=|innerHTML\s*\+?=)",
                   sources(".js", parts=("frontend",)))  # fmt: skip

    assert found == []


def test_nothing_is_left_open() -> None:
    words = "|".join(["TO" + "DO", "FIX" + "ME", "X" * 3 + r"\b", "Not" + "ImplementedError", "breakpoint" + r"\("])

    assert places(rf"\b({words})", sources(".py", ".js", ".css", ".html", ".md")) == []


def test_no_file_knows_a_machine() -> None:
    assert places(r"(?<![\w.~$-])/(home|root|work|mnt|Users)/\w", sources(".py", ".js", ".css", ".html", ".md")) == []


def test_the_arrows_point_down() -> None:
    linter = Path(sys.executable).with_name("lint-imports")

    checked = subprocess.run([linter, "--no-logo", "--no-cache"], cwd=ROOT, capture_output=True, text=True, check=False)

    assert checked.returncode == 0, checked.stdout + checked.stderr


def test_the_server_process_never_imports_torch_or_a_lab() -> None:
    code = (
        "import sys, server.serve, server.app\n"
        "sys.exit(sorted(m for m in sys.modules if m.split('.')[0] in ('torch', 'models')) or 0)"
    )

    loaded = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)

    assert loaded.returncode == 0, loaded.stderr


@pytest.mark.slow
def test_the_package_carries_pages_and_texts(tmp_path: Path) -> None:
    hidden = shutil.ignore_patterns("__pycache__", "*.egg-info")
    for part in ("models", "server", "frontend"):
        shutil.copytree(ROOT / part, tmp_path / part, ignore=hidden)
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, tmp_path)
    build = [sys.executable, "-c", "from setuptools import build_meta; print(build_meta.build_wheel('.'))"]

    subprocess.run(build, cwd=tmp_path, check=True, capture_output=True)

    carried = set(zipfile.ZipFile(next(tmp_path.glob("*.whl"))).namelist())
    wanted = {
        str(path.relative_to(ROOT))
        for part in ("models", "server", "frontend")
        for path in (ROOT / part).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert wanted - carried == set()
