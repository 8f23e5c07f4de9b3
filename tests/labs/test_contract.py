"""What every lab must keep, whatever it teaches."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from models.core import catalog, frames, state
from models.core.admission import admit
from models.core.edits import TUNE, Edit
from models.core.errors import Refused
from models.core.lab import Lab
from models.core.session import Session
from tests.core.drive import content, forward
from tests.labs.reborn import aftermath
from tests.labs.samples import other_values, sample_input

CATALOG = catalog.load()
LABS = list(CATALOG.labs.items())
each_lab = pytest.mark.parametrize("lab", [cls for _, cls in LABS], ids=[id for id, _ in LABS])
STEPS = 40


def configs(lab: type[Lab]) -> list[dict]:
    """The default config and every preset."""
    return [{}, *(preset.config for preset in lab.presets)]


def test_no_lab_is_broken() -> None:
    assert CATALOG.broken == {}
    assert LABS


@each_lab
def test_the_description_is_json(lab: type[Lab]) -> None:
    about = next(CATALOG.describe(id) for id, cls in LABS if cls is lab)
    assert json.loads(json.dumps(about, allow_nan=False)) == about
    assert all((about["title"], about["summary"], about["text"], about["views"]))
    assert any(view["stage"] for view in about["views"])
    for name, field in about["config_schema"]["properties"].items():
        assert field.get("description"), f"{name} does not say why it matters"


@each_lab
def test_the_summary_counts_what_is_built(lab: type[Lab]) -> None:
    for config in configs(lab):
        session = Session(lab, config)
        summary = session.config.summary()
        assert summary.problems == []
        assert summary.parameters == session.lab.parameter_count(), config


@each_lab
def test_every_view_draws_at_step_0_and_after_and_is_of_its_kind(lab: type[Lab]) -> None:
    for config in configs(lab):
        session = Session(lab, config)
        for _ in range(2):
            for name, view in lab.methods("view").items():
                figure, _ = frames.decode(session.frame(name))
                assert figure.kind == view.kind
                assert json.dumps(frames.to_json(figure), allow_nan=False)
            forward(session, 3)


@each_lab
def test_looking_and_asking_leave_nothing_behind(lab: type[Lab]) -> None:
    session = Session(lab)
    forward(session, 3)
    before, chance = state.reference(session.lab), session.save()
    for name in lab.methods("view"):
        session.frame(name)
    for name, probe in lab.methods("probe").items():
        for figure in session.ask(name, sample_input(probe)):
            assert json.dumps(frames.to_json(figure, flat=True), allow_nan=False)
    assert state.reference(session.lab) == before
    assert session.save() == chance


@each_lab
def test_watched_is_unwatched_and_the_same_seed_the_same_losses(lab: type[Lab]) -> None:
    watched, unwatched = Session(lab, seed=3), Session(lab, seed=3)
    expected = forward(unwatched, STEPS)
    watched = Session(lab, seed=3)
    watched.watch(dict.fromkeys(lab.methods("view"), 1e6))
    rows = forward(watched, STEPS)
    assert rows == expected


@each_lab
def test_a_default_run_has_at_least_ten_evaluations(lab: type[Lab]) -> None:
    session = Session(lab)
    every = session.lab.evaluate_every or session.lab.steps_per_epoch
    assert session.max_steps // every >= 10


def edited(lab: type[Lab]) -> Session:
    """A session in which every live field has been changed and every action done that could be."""
    session = Session(lab, seed=4)
    forward(session, 5)
    for name, value in other_values(lab).items():
        session.tune({name: value})
        forward(session, 1)
    for name, action in lab.methods("action").items():
        try:
            session.act(name, sample_input(action))
        except Refused:
            continue
        forward(session, 2)
    return session


@each_lab
def test_the_same_edits_make_the_same_losses(lab: type[Lab]) -> None:
    first = edited(lab)
    rest = forward(first, 10)
    second = Session(lab, seed=4, edits=first.edits)
    rows = forward(second, first.step)
    assert second.edits == first.edits
    assert all(rows[name][-len(rest[name]) :] == rest[name] for name in rest if name in rows)


@each_lab
def test_saved_restored_and_continued_it_is_identical(lab: type[Lab]) -> None:
    session = edited(lab)
    saved = session.save()
    expected = aftermath(session, STEPS)
    assert aftermath(Session.restore(saved, lab), STEPS) == expected


@each_lab
def test_its_state_is_taken_back_from_a_file(lab: type[Lab]) -> None:
    session = edited(lab)
    saved = session.save()
    expected = forward(session, 5)
    assert forward(admit(saved, lab), 5) == expected


@each_lab
def test_rewound_and_continued_it_is_identical(lab: type[Lab]) -> None:
    session = edited(lab)
    begin = session.step
    expected = forward(session, 9)
    made = session.step - begin  # fewer where the lab is soon done
    assert made > 1
    session.rewind(begin + made // 2)
    session.turn()
    rows = forward(session, 9 - made // 2)
    assert rows == {name: expected[name][-len(rows["step"]) :] for name in rows}
    assert session.step == begin + made


@pytest.fixture(scope="module")
def reborn(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The states of all labs, restored and continued in another process."""
    folder = tmp_path_factory.mktemp("states")
    for id, lab in LABS:
        session = edited(lab)
        (folder / f"{id}.state").write_bytes(session.save())
        (folder / f"{id}.expected").write_text(json.dumps(aftermath(session, STEPS)))
    subprocess.run([sys.executable, "-m", "tests.labs.reborn", str(folder), str(STEPS)], check=True, timeout=300)
    return folder


@pytest.mark.parametrize("id", [id for id, _ in LABS])
def test_restored_in_a_new_process_it_draws_and_learns_the_same(reborn: Path, id: str) -> None:
    assert json.loads((reborn / f"{id}.json").read_text()) == json.loads((reborn / f"{id}.expected").read_text())


def train(lab: type[Lab], config: dict, steps: int, edits: list[Edit]) -> Session:
    session = Session(lab, config, max_steps=steps, edits=edits)
    forward(session, steps)
    return session


@pytest.mark.parametrize(
    ("lab", "challenge"),
    [(lab, challenge) for _, lab in LABS for challenge in lab.challenges],
    ids=[f"{id}-{challenge.id}" for id, lab in LABS for challenge in lab.challenges],
)
def test_a_solution_passes_and_the_default_does_not(lab: type[Lab], challenge) -> None:
    solution = challenge.solution
    config = {**challenge.fixed, **solution.config}
    edits = [Edit(step, name, dict(arguments)) for step, name, arguments in solution.edits]
    assert challenge.id in train(lab, config, solution.steps, edits).passed
    default = train(lab, challenge.fixed, solution.steps, [])
    assert challenge.id not in default.passed


@each_lab
def test_there_are_two_challenges_and_a_preset_or_more(lab: type[Lab]) -> None:
    assert len(lab.challenges) >= 2
    assert len(lab.presets) >= 2
    assert len({challenge.id for challenge in lab.challenges}) == len(lab.challenges)


def test_edits_by_hand_are_named_apart_from_actions() -> None:
    assert all(TUNE not in lab.methods("action") for _, lab in LABS)


@each_lab
def test_drawing_twice_draws_the_same(lab: type[Lab]) -> None:
    session = Session(lab)
    forward(session, 3)
    for name in lab.methods("view"):
        assert content(session.frame(name)) == content(session.frame(name))
