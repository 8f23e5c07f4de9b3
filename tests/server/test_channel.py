"""Messages between server and worker."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from server.runs.channel import PREFIX, Decoder, Malformed, encode


@settings(max_examples=30, deadline=None)
@given(
    st.lists(st.tuples(st.dictionaries(st.text(), st.integers() | st.text()), st.binary()), max_size=5),
    st.integers(1, 7),
)
def test_any_cut_of_the_stream_gives_the_same_messages(
    messages: list[tuple[dict[str, object], bytes]], size: int
) -> None:
    stream = b"".join(encode(header, body) for header, body in messages)
    decoder = Decoder()
    heard = [message for at in range(0, len(stream), size) for message in decoder.feed(stream[at : at + size])]
    assert heard == messages


@pytest.mark.parametrize(
    "data",
    [
        PREFIX.pack(4 << 30 - 1 & 0xFFFFFFFF, 0),
        PREFIX.pack(5, 6) + b"x" * 6,
        PREFIX.pack(2, 2) + b"[]",
        PREFIX.pack(2, 2) + b"\x80\x04",
    ],
)
def test_broken_messages_are_refused(data: bytes) -> None:
    with pytest.raises(Malformed):
        list(Decoder(max_bytes=1 << 20).feed(data))


def test_nothing_infinite_goes_as_json() -> None:
    with pytest.raises(ValueError, match="JSON"):
        encode({"x": float("nan")})
