"""What the READMEs tell people to type works: every command and every block of code in them is run here."""

import importlib.util
import math
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest
import torch
from sklearn.cluster import KMeans

from models.core import Refused
from models.core.catalog import Catalog
from models.core.session import Session
from tests.live import ROOT, LiveServer

READMES = [ROOT / "README.md", *(ROOT / part / "README.md" for part in ("models", "server", "frontend"))]
TARGETS = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))


def blocks(readme: Path, *languages: str) -> list[str]:
    """The fenced blocks of some languages ("" for plain ones)."""
    fenced = re.findall(r"^```(\w*)\n(.*?)^```$", readme.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    return [text for language, text in fenced if language in languages]


def commands(readme: Path, program: str) -> list[str]:
    """The lines of plain and shell blocks that call a program."""
    lines = [line.removeprefix("$ ") for block in blocks(readme, "", "sh", "bash") for line in block.splitlines()]
    return [line for line in lines if re.match(rf"(\w+=\S+ )*(\.venv/bin/)?{program} ", line)]


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


@pytest.mark.parametrize("readme", READMES, ids=lambda path: path.parent.name)
def test_every_module_that_is_to_be_run_exists(readme: Path) -> None:
    named = re.findall(r"python -m ([\w.]+)", readme.read_text(encoding="utf-8"))

    assert [name for name in named if importlib.util.find_spec(name) is None] == []


def test_the_five_lines_of_the_api_run(live_server: LiveServer) -> None:
    [code] = blocks(ROOT / "README.md", "python")
    assert len([line for line in code.splitlines() if line]) == 5
    assert "http://127.0.0.1:8000" in code

    said = run_python(code.replace("http://127.0.0.1:8000", live_server.url))

    assert 0 < float(said) < 2


def run_python(code: str) -> str:
    """What a script prints; a warning in it fails."""
    return subprocess.run(
        [sys.executable, "-W", "error", "-c", code], cwd=ROOT, check=True, capture_output=True, text=True
    ).stdout


@pytest.mark.parametrize("line", [line for line in commands(ROOT / "README.md", "orrery") if "serve" not in line])
def test_the_command_lines_run(line: str) -> None:
    command = [sys.executable, "-m", "server", *shlex.split(line)[1:]]

    subprocess.run(command, cwd=ROOT, check=True, capture_output=True, timeout=300)


def test_a_class_needs_the_token() -> None:
    [line] = [line for line in commands(ROOT / "README.md", "orrery") if "serve" in line]
    token = re.match(r"ORRERY_TOKEN=(\S+) \S+ serve --host 0\.0\.0\.0$", line)[1]

    with LiveServer(ORRERY_TOKEN=token, ORRERY_HOST="0.0.0.0") as server:
        strange = server.client.get("/api/chapters")
        script = server.client.get("/api/chapters", headers={"Authorization": f"Bearer {token}"})
        first = server.client.get(f"/?token={token}")  # the browser keeps the cookie …
        page = server.client.get(first.headers["location"])

    assert (strange.status_code, script.status_code) == (401, 200)
    assert (first.status_code, page.status_code) == (303, 200)


# ---------------------------------------------------------------- "Write a lab in ten minutes"


@pytest.fixture
def k_means(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Catalog]:
    """A catalog of the chapter that the lab of models/README.md belongs to, with that lab in it."""
    readme, chapter = ROOT / "models/README.md", tmp_path / "course" / "representation"
    shutil.copytree(ROOT / "models/labs/representation", chapter, ignore=shutil.ignore_patterns("__pycache__"))
    (chapter / "k_means.py").write_text(blocks(readme, "python")[0], encoding="utf-8")
    (chapter / "k_means.md").write_text(blocks(readme, "markdown")[0], encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    yield Catalog(tmp_path / "course", "course")
    for name in [name for name in sys.modules if name.split(".")[0] == "course"]:
        del sys.modules[name]


def test_the_lab_of_the_text_is_found_and_described(k_means: Catalog) -> None:
    about = k_means.describe("k-means")

    assert k_means.broken == {}
    assert (about["title"], about["summary"]) == ("K-means", "Assign, then average, until nothing moves.")
    assert [touch["name"] for touch in about["views"][0]["touches"]] == ["move_centre", "distances"]
    assert "## Try this" in about["text"]


def test_the_lab_of_the_text_trains_to_its_end(k_means: Catalog) -> None:
    session = Session(k_means.labs["k-means"], {"k": 2}, seed=1)
    first = session.look("regions")
    session.limit(None)
    session.play()

    spread = [value for _ in range(50) for value in session.turn().rows.get("spread", []) if not math.isnan(value)]

    assert session.status == "finished"
    assert "No centre moves any more" in session.message
    assert all(after <= before + 1e-5 for before, after in pairwise(spread)), "it never rises (float32 rounds)"
    assert not torch.equal(first.classes, session.look("regions").classes)


def test_the_lab_of_the_text_ends_where_scikit_learn_does(k_means: Catalog) -> None:
    session = Session(k_means.labs["k-means"], {"k": 3, "speed": 1.0}, seed=2)
    points, start = session.lab.x.double().numpy(), session.lab.centres.double().numpy()
    session.limit(None)
    session.play()
    while session.status == "running":
        session.turn()

    truth = KMeans(3, init=start, n_init=1, algorithm="lloyd", tol=0).fit(points)

    # Both stop when nothing moves; 1e-3 is float32 beside float64 and the lab's own tolerance of 1e-4.
    assert torch.allclose(session.lab.centres.double(), torch.from_numpy(truth.cluster_centers_), atol=1e-3)


def test_the_lab_of_the_text_can_be_touched(k_means: Catalog) -> None:
    session = Session(k_means.labs["k-means"], {"k": 2})

    session.act("move_centre", {"id": "1", "x": 5, "y": -5})
    [bars] = session.ask("distances", {"x": 5, "y": -5})

    assert float(bars.values[1]) == 0
    with pytest.raises(Refused, match="There is no centre 2"):
        session.act("move_centre", {"id": "2", "x": 0, "y": 0})


def test_the_challenge_of_the_text_is_passed_by_its_solution_and_not_by_the_default(k_means: Catalog) -> None:
    lab = k_means.labs["k-means"]
    [challenge] = lab.challenges

    def passes(config: dict[str, object], steps: int) -> bool:
        session = Session(lab, config, max_steps=steps)
        session.limit(None)
        session.play()
        events = [event for _ in range(steps) for event in session.turn().events]
        return any(event["type"] == "challenge" and event["passed"] for event in events)

    assert passes(dict(challenge.solution.config), challenge.solution.steps)
    assert not passes({}, lab.max_steps)


def test_the_lab_of_the_text_fits_the_lint(tmp_path: Path) -> None:
    pytest.importorskip("ruff", reason="the linter comes with `make check`")
    lab = tmp_path / "k_means.py"
    lab.write_text(blocks(ROOT / "models/README.md", "python")[0], encoding="utf-8")
    ruff = [sys.executable, "-m", "ruff"]

    for command in (["check"], ["format", "--check"]):
        done = subprocess.run(
            [*ruff, *command, "--config", ROOT / "pyproject.toml", lab], capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stdout
