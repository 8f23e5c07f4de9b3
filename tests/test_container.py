"""The container without an engine: its file is linted, and what it would run is run as it would run it.

The built wheel, unpacked into an empty folder, as uid 10001, on a read-only root where only the data folder and a
temporary one can be written.
"""

import os
import shutil
import subprocess
import sys
import sysconfig
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.live import ROOT, free_port

TOKEN = "a-token-for-a-test"
BWRAP = shutil.which("bwrap")


def test_the_dockerfile_has_no_lint() -> None:
    hadolint = shutil.which("hadolint") or shutil.which("hadolint", path=str(Path(sys.executable).parent))
    if hadolint is None:
        pytest.skip("hadolint is not installed")
    found = subprocess.run(
        [hadolint, str(ROOT / "Dockerfile")], capture_output=True, text=True, timeout=60, check=False
    )
    assert found.returncode == 0, found.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The built wheel, installed without its dependencies into a folder of its own."""
    source, built, installed = (tmp_path_factory.mktemp(name) for name in ("source", "built", "installed"))
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, source)
    for name in ("models", "server", "frontend"):
        shutil.copytree(ROOT / name, source / name, ignore=shutil.ignore_patterns("__pycache__"))
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "-q"]
    subprocess.run([*pip, "wheel", "--no-deps", "-w", str(built), str(source)], check=True, timeout=300)
    made = next(built.glob("*.whl"))
    subprocess.run([*pip, "install", "--no-deps", "--target", str(installed), str(made)], check=True, timeout=120)
    return installed


def jailed(command: list[str], home: Path, hidden: Path) -> list[str]:
    """A command as uid 10001 on a read-only root; the source tree cannot be seen."""
    return [
        str(BWRAP), "--unshare-user", "--uid", "10001", "--gid", "10001", "--unshare-pid", "--die-with-parent",
        "--ro-bind", "/", "/", "--dev", "/dev", "--proc", "/proc", "--tmpfs", "/tmp/jail", "--tmpfs", str(hidden),
        "--bind", str(home), str(home), "--chdir", "/", *command,
    ]  # fmt: skip


@pytest.fixture
def contained(wheel: Path, tmp_path: Path) -> Iterator[tuple[str, Path]]:
    """(the address of the server, its home)."""
    if BWRAP is None:
        pytest.skip("bubblewrap is not installed: a read-only root cannot be had here")
    Path("/tmp/jail").mkdir(exist_ok=True)
    home, port = tmp_path / "data", free_port()
    home.mkdir()
    dependencies = sysconfig.get_paths()["purelib"]
    environment = {
        "PATH": os.environ["PATH"], "HOME": "/nonexistent", "TMPDIR": "/tmp/jail", "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONPATH": f"{wheel}:{dependencies}", "PYTHONSAFEPATH": "1", "ORRERY_HOST": "0.0.0.0",
        "ORRERY_PORT": str(port), "ORRERY_HOME": str(home), "ORRERY_TOKEN": TOKEN,
    }  # fmt: skip
    python = os.path.realpath(sys.executable)
    log = (tmp_path / "log").open("w+")
    server = subprocess.Popen(
        jailed([python, "-m", "server", "serve"], home, ROOT / "models"), env=environment, stdout=log, stderr=log
    )
    address = f"http://127.0.0.1:{port}"
    try:
        deadline = time.monotonic() + 90
        while server.poll() is None and time.monotonic() < deadline:
            try:
                if httpx.get(f"{address}/readyz").status_code == 200:
                    break
            except httpx.TransportError:
                pass
            time.sleep(0.1)
        log.seek(0)
        assert server.poll() is None, log.read()
        yield address, home
    finally:
        server.terminate()
        server.wait(20)
        log.close()


@pytest.mark.slow
def test_it_starts_trains_and_stops_as_nobody_on_a_read_only_root(contained: tuple[str, Path]) -> None:
    address, home = contained
    assert httpx.get(f"{address}/api/chapters").status_code == 401
    with httpx.Client(base_url=address, headers={"Authorization": f"Bearer {TOKEN}"}, timeout=60) as api:
        for lab in ("mlp", "perceptron"):
            run = api.post("/api/runs", json={"lab": lab, "autoplay": False}).json()
            assert api.post(f"/api/runs/{run['id']}/step", json={"count": 5}).json()["step"] == 5
        for path in (
            "/",
            "/labs/mlp",
            "/static/js/pages/lab.js",
            "/static/css/tokens.css",
            "/assets/plotly.min.js",
            "/docs",
        ):
            assert api.get(path).status_code == 200, path
    assert (home / "runs").is_dir()
