"""The envelope of a checkpoint: every byte counts, and nothing that is merely claimed is believed."""

import hashlib
import io
import json
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from safetensors.numpy import load, save

from server.runs import sealed
from server.runs.sealed import Unsound

ABOUT = {"lab": "toy", "torch": "2.9", "config": {"rate": 0.1, "words": 'a "ü"'}, "step": 7, "edits": [], "end": 1e300}
STATE = save({"a": np.arange(3, dtype=np.float32), "none": np.zeros((0, 4))}, {"orrery": json.dumps(ABOUT)})


def seal(state: bytes = STATE) -> bytes:
    """The whole file that leaves."""
    envelope, head = sealed.seal(io.BytesIO(state), len(state))
    return head + state[envelope.begin :]


def unseal(data: bytes) -> tuple[dict[str, Any], bytes]:
    """What the file says of itself, and the state in it."""
    envelope, head = sealed.unseal(io.BytesIO(data), len(data))
    return envelope.about, head + data[envelope.begin :]


FILE = seal()


def test_any_reader_of_safetensors_reads_it() -> None:
    assert load(FILE)["a"].tolist() == [0, 1, 2]
    length = int.from_bytes(FILE[:8], "little")
    metadata = json.loads(FILE[8 : 8 + length])["__metadata__"]
    assert (metadata["format"], metadata["version"], metadata["lab"]) == ("orrery-checkpoint", "1", "toy")
    assert json.loads(metadata["config"]) == ABOUT["config"]
    assert length % 8 == 0


def test_out_of_the_envelope_it_is_the_state_that_went_in() -> None:
    about, state = unseal(FILE)
    assert about == ABOUT
    assert load(state)["a"].tolist() == [0, 1, 2]
    assert seal(state) == FILE


@settings(max_examples=300, deadline=None)
@given(st.integers(0, len(FILE) * 8 - 1))
def test_one_flipped_bit_is_seen(bit: int) -> None:
    data = bytearray(FILE)
    data[bit // 8] ^= 1 << bit % 8
    with pytest.raises(Unsound):
        unseal(bytes(data))


@settings(max_examples=100, deadline=None)
@given(st.integers(0, len(FILE) - 1))
def test_a_file_that_was_cut_is_seen(length: int) -> None:
    with pytest.raises(Unsound):
        unseal(FILE[:length])


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=400))
def test_any_bytes_are_refused(data: bytes) -> None:
    for attempt in (data, len(data).to_bytes(8, "little") + data, FILE + data if data else b""):
        with pytest.raises(Unsound):
            unseal(attempt)


def forged(change: dict[str, Any], metadata: dict[str, str] | None = None) -> bytes:
    """A header that claims something else, with a digest that is right."""
    length = int.from_bytes(FILE[:8], "little")
    header = json.loads(FILE[8 : 8 + length])
    said = {**header.pop("__metadata__"), **(metadata or {}), "digest": sealed.NO_DIGEST}
    envelope = sealed.Envelope({}, {**header, **change}, 8 + length, len(FILE))
    whole = envelope.head(said) + FILE[8 + length :]
    digest = hashlib.sha256(whole).hexdigest()
    return whole.replace(sealed.NO_DIGEST.encode(), digest.encode(), 1)


def entry(dtype: Any = "F32", shape: Any = (3,), offsets: Any = (0, 12)) -> dict[str, Any]:
    return {"a": {"dtype": dtype, "shape": shape, "data_offsets": offsets}}


@pytest.mark.parametrize(
    ("claim", "words"),
    [
        (entry(shape=[1 << 40]), "not what its shape takes"),
        (entry(shape=[1 << 60]), "cannot be"),
        (entry(shape=[-3]), "cannot be"),
        (entry(shape=[True, 3]), "cannot be"),
        (entry(shape=[1] * 17 + [3]), "cannot be"),
        (entry(offsets=[0, 1 << 40], shape=[1 << 38]), "cut short"),
        (entry(offsets=[4, 16]), "leave gaps"),
        (entry(offsets=[12, 0]), "not what its shape takes"),
        (entry(offsets=[0]), "not described"),
        (entry(dtype="PICKLE"), "not described"),
        (entry(dtype=["F32"]), "not described"),
        ({"a": 1}, "not described"),
        ({"b": {"dtype": "U8", "shape": [12], "data_offsets": [0, 12]}}, "overlap"),
    ],
)
def test_what_the_header_claims_must_lie_in_the_file(claim: dict[str, Any], words: str) -> None:
    with pytest.raises(Unsound, match=words):
        unseal(forged(claim))


@pytest.mark.parametrize(
    ("metadata", "words"),
    [
        ({"version": "2"}, "format 2; this Orrery reads 1"),
        ({"format": "pt"}, "no checkpoint of Orrery"),
        ({"step": "[" * 100_000}, "cannot be read as JSON"),
        ({"step": "9" * 10_000}, "cannot be read as JSON"),
    ],
)
def test_what_it_says_of_itself_must_be_readable(metadata: dict[str, str], words: str) -> None:
    with pytest.raises(Unsound, match=words):
        unseal(forged({}, metadata))


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "0 bytes and no header"),
        (b"PK\x03\x04" + b"x" * 100, "would have"),
        ((sealed.HEADER_BYTES + 1).to_bytes(8, "little") + b" " * 100, "would have 8,388,609 bytes"),
        ((2).to_bytes(8, "little") + b"[]", "no JSON object"),
        (save({"weight": np.zeros(3)}), "no checkpoint of Orrery"),
        (save({"weight": np.zeros(3)}, {"format": "pt"}), "no checkpoint of Orrery"),
    ],
)
def test_other_files_are_named_as_what_they_are(data: bytes, words: str) -> None:
    with pytest.raises(Unsound, match=words):
        unseal(data)
