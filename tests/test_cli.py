"""The command `orrery`: what it prints, where, and its exit codes."""

import io
import json
import os
import re
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

import pytest

from server.__main__ import BROKEN, DIVERGED, DONE, WRONG, Bar, main
from server.datasets.keeping import Datasets
from server.datasets.reading import read
from server.runs.limits import UploadLimits
from server.settings import Settings
from tests.live import ROOT, LiveServer


class Said(NamedTuple):
    """What a command did."""

    code: int
    out: str
    err: str


Orrery = Callable[..., Said]


@pytest.fixture
def orrery(capsys: pytest.CaptureFixture[str]) -> Orrery:
    """Run a command in this process."""

    def run(*arguments: str) -> Said:
        try:
            code = main(arguments)
        except SystemExit as leaving:  # argparse leaves so
            code = int(leaving.code or 0)
        return Said(code, *capsys.readouterr())

    return run


def test_labs_lists_every_chapter_with_its_labs(orrery: Orrery) -> None:
    said = orrery("labs")

    assert said.code == DONE
    assert "2. Neural networks" in said.out
    assert re.search(r"^ +mlp  +\S", said.out, re.MULTILINE)
    assert re.search(r"^ +perceptron  +\S", said.out, re.MULTILINE)


def test_labs_as_json_is_what_the_api_answers(orrery: Orrery, live_server: LiveServer) -> None:
    assert json.loads(orrery("labs", "--json").out) == live_server.get("/api/chapters")


def test_train_ends_with_the_metrics(orrery: Orrery) -> None:
    said = orrery("train", "mlp", "--set", "data=xor", "--steps", "60", "--seed", "1")

    assert said.code == DONE
    assert said.err == "", "no progress bar where nobody watches"
    assert said.out.startswith("mlp: 60 steps in ")
    assert re.search(r"Training loss +\d", said.out)
    assert re.search(r"Test accuracy +\d", said.out)


def test_train_as_json_is_one_object_and_repeats_exactly(orrery: Orrery) -> None:
    command = (
        "train",
        "mlp",
        "--set",
        "data=xor",
        "--set",
        "learning_rate=0.3",
        "--steps",
        "50",
        "--seed",
        "7",
        "--json",
    )

    first, second = json.loads(orrery(*command).out), json.loads(orrery(*command).out)

    assert first["config"]["data"] == "xor"
    assert first["config"]["learning_rate"] == 0.3
    assert (first["lab"], first["seed"], first["step"], first["status"]) == ("mlp", 7, 50, "finished")
    assert first["metrics"] == second["metrics"]
    assert first["metrics"]["train_loss"] > 0


def test_train_equals_the_run_of_the_api(orrery: Orrery, live_server: LiveServer) -> None:
    run = live_server.post("/api/runs", {"lab": "mlp", "config": {"data": "moons"}, "seed": 5, "autoplay": False})
    live_server.post(f"/api/runs/{run['id']}/step", {"count": 50})
    columns = live_server.get(f"/api/runs/{run['id']}/metrics?since=-1")
    live_server.delete(f"/api/runs/{run['id']}")

    result = json.loads(orrery("train", "mlp", "--set", "data=moons", "--seed", "5", "--steps", "50", "--json").out)

    for metric in ("train_loss", "test_loss"):
        assert result["metrics"][metric] == columns[metric][-1], "step 50 ends the second epoch of 25 steps"


def test_an_unknown_lab_is_named_with_the_nearest(orrery: Orrery) -> None:
    said = orrery("train", "percptron")

    assert said.code == WRONG
    assert "there is no lab 'percptron'. Is it perceptron? `orrery labs` lists them." in said.err


@pytest.mark.parametrize(
    ("assignment", "expected"),
    [
        ("learning_rate=1000000", ("learning_rate", "1000000", "less than or equal to")),
        ("learning_rate=fast", ("learning_rate", "'fast'", "number")),
        ("learning_rate=NaN", ("learning_rate", "nan", "finite")),
        ("learnign_rate=0.1", ("learnign_rate", "no such field")),
        ("data=circel", ("data", "'circle'", "'circel'")),
    ],
)
def test_a_bad_value_is_refused_with_field_value_and_bound(
    orrery: Orrery, assignment: str, expected: Sequence[str]
) -> None:
    said = orrery("train", "mlp", "--set", assignment)

    assert said.code == WRONG
    assert said.out == ""
    for part in expected:
        assert part in said.err


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("train", "mlp", "--set", "learning_rate"), "'learning_rate' is not FIELD=VALUE"),
        (("train", "mlp", "--steps", "0"), "'0' is not a number of steps (1 or more)"),
        (("train", "mlp", "--steps", "many"), "'many' is not a number of steps (1 or more)"),
        (("trian",), "invalid choice: 'trian'"),
    ],
)
def test_a_wrong_command_line_says_what_is_wrong(orrery: Orrery, arguments: Sequence[str], sentence: str) -> None:
    said = orrery(*arguments)

    assert said.code == WRONG
    assert sentence in said.err


def test_a_diverged_training_says_so_with_its_own_exit_code(orrery: Orrery) -> None:
    said = orrery(
        "train", "mlp", "--set", "data=plane", "--set", "learning_rate=100",
        "--set", 'layers=[{"units": 8, "activation": "linear"}]', "--json",
    )  # fmt: skip

    assert said.code == DIVERGED
    assert json.loads(said.out)["problem"]["message"]


def test_the_bar_shows_step_rate_and_time_left(monkeypatch: pytest.MonkeyPatch) -> None:
    class Terminal(list[str]):
        """Remembers what is written."""

        write = list.append

        def isatty(self) -> bool:
            return True

        def flush(self) -> None:
            """Nothing is buffered."""

    clock = iter([0.0, 10.0])
    monkeypatch.setattr("time.monotonic", lambda: next(clock))
    terminal = Terminal()

    Bar("mlp", 1000, terminal).show(250)  # type: ignore[arg-type]

    assert "250/1,000 · 25 steps/s · 00:30 left" in terminal[0]
    assert terminal[0].count("█") == 7


def test_the_installed_command_and_the_module_are_the_same() -> None:
    module = subprocess.run(
        [sys.executable, "-m", "server", "--help"], cwd=ROOT, capture_output=True, text=True, check=True
    )

    assert "usage: orrery" in module.stdout
    assert "serve | labs | train" in module.stdout


def test_help_does_not_load_torch() -> None:
    code = "import sys, server.__main__ as cli; cli.parser().format_help(); sys.exit('torch' in sys.modules)"

    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("--port", "99999"), "port (ORRERY_PORT): Input should be less than or equal to 65535, not 99999."),
        (("--host", "0.0.0.0"), "host 0.0.0.0 can be reached by others, and there is no token."),
    ],
)
def test_serve_refuses_what_cannot_be(orrery: Orrery, arguments: Sequence[str], sentence: str) -> None:
    said = orrery("serve", *arguments)

    assert said.code == WRONG
    assert sentence in said.err


def test_serve_names_the_variable_that_is_wrong(orrery: Orrery, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ORRERY_THREADS", "many")

    said = orrery("serve")

    assert said.code == WRONG
    assert "threads (ORRERY_THREADS)" in said.err
    assert "'many'" in said.err


def test_a_taken_port_is_a_sentence(live_server: LiveServer, tmp_path: object) -> None:
    command = [sys.executable, "-m", "server", "serve", "--port", str(live_server.port), "--home", str(tmp_path)]

    ended = subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=60, env={**os.environ}
    )

    assert ended.returncode == BROKEN
    assert str(live_server.port) in ended.stderr
    assert "Traceback" not in ended.stderr


# ---------------------------------------------------------------- tables


OF_A_TABLE = ("train", "mlp", "--set", "data=table", "--steps", "3")


def test_a_table_of_the_course_is_trained_on(orrery: Orrery) -> None:
    said = orrery(*OF_A_TABLE, "--set", "table=penguins", "--json")

    assert said.code == DONE
    assert json.loads(said.out)["config"]["table"] == "penguins"


def test_an_own_table_is_read_from_the_home(orrery: Orrery, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ORRERY_HOME", str(tmp_path))
    datasets = Datasets(Settings(home=tmp_path))
    rows = "".join(f"{n % 7},{n % 5},{['no', 'yes'][n % 2]}\n" for n in range(40))
    table = read(io.BytesIO(f"a,b,sold\n{rows}".encode()), UploadLimits.of(datasets.settings))
    kept = datasets.add("me", "prices", table)

    said = orrery(*OF_A_TABLE, "--set", f"table={kept.id}", "--json")
    monkeypatch.setenv("ORRERY_HOME", str(tmp_path / "elsewhere"))
    gone = orrery(*OF_A_TABLE, "--set", f"table={kept.id}")

    assert (said.code, json.loads(said.out)["step"]) == (DONE, 3)
    assert gone.code == WRONG
    assert f"table: There is no table '{kept.id}' here" in gone.err
