"""States on disk: a damaged one is never loaded, and the one before it is used."""

import os
from pathlib import Path

import pytest

from server.runs import checkpoints


def written(folder: Path, *states: tuple[int, bytes]) -> list[Path]:
    paths = []
    for age, (step, data) in enumerate(states):
        path = checkpoints.write(folder, step, data)
        os.utime(path, ns=(age * 10**9, age * 10**9))
        paths.append(path)
    return paths


def test_the_newest_of_the_last_two(tmp_path: Path) -> None:
    written(tmp_path, (1, b"one"), (2, b"two"), (3, b"three"))
    assert checkpoints.read(tmp_path) == b"three"
    assert len(list(tmp_path.iterdir())) == 2


def test_a_rewound_run_has_its_newest_at_a_lower_step(tmp_path: Path) -> None:
    written(tmp_path, (100, b"far"), (5, b"rewound"))
    assert checkpoints.read(tmp_path) == b"rewound"


@pytest.mark.parametrize("damage", ["cut", "empty", "flipped", "gone"])
def test_a_damaged_one_gives_way_to_the_one_before(tmp_path: Path, damage: str) -> None:
    _, newest = written(tmp_path, (1, b"the one before"), (2, b"the newest one"))
    match damage:
        case "cut":
            newest.write_bytes(newest.read_bytes()[:-3])
        case "empty":
            newest.write_bytes(b"")
        case "flipped":
            data = bytearray(newest.read_bytes())
            data[4] ^= 1
            newest.write_bytes(bytes(data))
        case "gone":
            newest.unlink()
    assert checkpoints.read(tmp_path) == b"the one before"


def test_nothing_is_nothing(tmp_path: Path) -> None:
    assert checkpoints.read(tmp_path / "none") is None
    (tmp_path / "0000000001-odd.safetensors").write_bytes(b"x")
    assert checkpoints.read(tmp_path) is None
    written(tmp_path, (1, b"one"))
    checkpoints.clear(tmp_path)
    assert checkpoints.read(tmp_path) is None
