"""What is kept of the past, within its budget."""

from pathlib import Path

import pytest

from models.core.keyframes import Files, FrameFiles, History, Kept, Memory, least_missed, next_key


def test_key_steps() -> None:
    steps, step = [], -1
    while len(steps) < 8:
        step = next_key(step)
        steps.append(step)
    assert steps == [0, 1, 2, 4, 8, 16, 32, 64]
    assert next_key(33) == 64


def test_within_the_budget_the_first_and_the_newest_never_fall() -> None:
    kept = Kept(Memory(), bytes_=1_000, steps=8)
    for step in range(0, 5_000, 7):
        kept.keep(step, b"x" * 100)
        assert len(kept.steps) <= 8
        assert (kept.steps[0], kept.steps[-1]) == (0, step)
    gaps = [(b + 1) / (a + 1) for a, b in zip(kept.steps[1:], kept.steps[2:], strict=False)]
    assert max(gaps) < 60


def test_bytes_are_a_budget_too() -> None:
    kept = Kept(Memory(), bytes_=350, steps=100)
    for step in range(10):
        kept.keep(step, {"a": b"x" * 50, "b": b"x" * 50})
    assert len(kept.steps) == 3


def test_the_nearest_below_and_the_cut() -> None:
    kept = Kept(Memory(), 1_000, 10)
    for step in (0, 4, 8):
        kept.keep(step, bytes([step]))
    assert kept.at_or_below(7) == (4, b"\x04")
    assert kept.at_or_below(-1) is None
    kept.cut(4)
    assert kept.steps == [0, 4]
    kept.keep(2, b"new")
    assert kept.steps == [0, 2]


def test_files_hold_and_lose_what_memory_does(tmp_path: Path) -> None:
    kept = Kept(Files(tmp_path / "states", "state"), 250, 10)
    for step in range(5):
        kept.keep(step, bytes(100))
    assert sorted(path.name for path in (tmp_path / "states").iterdir()) == ["0000000000.state", "0000000004.state"]
    assert kept.at_or_below(9) == (4, bytes(100))


def test_least_missed_is_where_the_gap_in_the_logarithm_is_smallest() -> None:
    assert least_missed([0, 1, 10, 11, 100]) == 11 or least_missed([0, 1, 10, 11, 100]) == 10
    assert least_missed([0, 50, 51, 52, 1_000]) == 51


def test_frames_in_files_come_back_by_view(tmp_path: Path) -> None:
    shelf = FrameFiles(tmp_path)
    shelf.put(3, {"map": b"abc", "both": b""})
    assert shelf.get(3) == {"map": b"abc", "both": b""}


def test_another_process_finds_what_was_kept(tmp_path: Path) -> None:
    first = History(tmp_path)
    for step in (0, 1, 2):
        first.states.keep(step, b"s%d" % step)
        first.frames.keep(step, {"map": b"f"})
    second = History(tmp_path)
    assert second.state(9) == (2, b"s2")
    second.cut(1)
    assert second.frames.steps == second.states.steps == [0, 1]
    assert History(tmp_path).states.steps == [0, 1]


@pytest.mark.parametrize("damage", ["cut", "empty", "flipped", "gone"])
def test_what_is_damaged_is_not_used_and_the_one_before_it_is(tmp_path: Path, damage: str) -> None:
    history = History(tmp_path)
    for step in (1, 2):
        history.states.keep(step, b"state %d" % step)
    path = tmp_path / "0000000002.state"
    data = bytearray(path.read_bytes())
    match damage:
        case "cut":
            path.write_bytes(data[:-3])
        case "empty":
            path.write_bytes(b"")
        case "flipped":
            data[3] ^= 1
            path.write_bytes(data)
        case "gone":
            path.unlink()
    assert History(tmp_path).state(9) == (1, b"state 1")


def test_what_cannot_be_written_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shelf = Files(tmp_path, "state")
    shelf.put(1, b"one")
    monkeypatch.setattr("os.replace", lambda *paths: (_ for _ in ()).throw(OSError(28, "No space left on device")))
    with pytest.raises(OSError, match="No space"):
        shelf.put(2, b"two")
    assert [path.name for path in tmp_path.iterdir()] == ["0000000001.state"]
