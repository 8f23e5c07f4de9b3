"""Mini-batches: every point once an epoch, the rest in a smaller last batch, and the same again after a restore."""

import torch

from models.modules.batches import Batches


def made(n=23, size=10):
    torch.manual_seed(0)
    x = torch.arange(n, dtype=torch.float32)[:, None]
    return Batches(size, torch.default_generator), x, x.t().clone()


def test_an_epoch_holds_every_point_once_in_a_new_order() -> None:
    batches, x, y = made()
    seen = []
    for _ in range(2):
        epoch = batches.current(x, y)
        assert [len(rows) for rows, _, _ in epoch.parts] == [10, 10, 3]
        seen.append(torch.cat([rows for rows, _, _ in epoch.parts])[:, 0])
        assert torch.equal(torch.cat([columns for _, columns, _ in epoch.parts], 1)[0], seen[-1])
        batches.place = 3

    assert all(torch.equal(order.sort().values, x[:, 0]) for order in seen)
    assert not torch.equal(*seen)
    assert batches.epoch == 1


def test_the_scores_written_by_the_batches_are_the_epochs_and_their_means_are_by_batch() -> None:
    batches, x, y = made()
    epoch = batches.current(x, y)
    for k, (_, _, scores) in enumerate(epoch.parts):
        scores.fill_(k)

    assert epoch.means(epoch.scores[0]).tolist() == [0, 1, 2]


def test_a_restored_one_goes_on_with_the_same_batches() -> None:
    one, x, y = made()
    one.current(x, y)
    one.place = 1
    other, *_ = made()
    other.load_state_dict(one.state_dict())

    for a, b in zip(one.current(x, y).parts, other.current(x, y).parts, strict=True):
        assert torch.equal(a[0], b[0])
    assert other.place == 1


def test_more_points_begin_the_epoch_again() -> None:
    batches, x, y = made()
    batches.current(x, y)
    batches.place = 2
    batches.changed(number=True)

    assert len(batches.current(x[:12], y[:, :12]).parts) == 2
    assert batches.place == 0
