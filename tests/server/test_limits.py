"""Rates."""

from server.runs.limits import Bucket, Buckets


def test_a_burst_then_a_rate() -> None:
    now = [0.0]
    bucket = Bucket(2, 3, lambda: now[0])
    assert [bucket.take() for _ in range(4)] == [0, 0, 0, 0.5]
    now[0] = 0.5
    assert [bucket.take(), bucket.take()] == [0, 0.5]


def test_clients_do_not_share() -> None:
    buckets = Buckets(1, 1)
    assert buckets.take("a") == 0
    assert buckets.take("b") == 0
    assert buckets.take("a") > 0
