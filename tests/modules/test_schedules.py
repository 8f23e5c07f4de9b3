"""The falling rates against torch's own schedulers."""

import pytest
import torch
from torch.optim import lr_scheduler

from models.modules.schedules import rate

TORCH = {
    "constant": lambda o: lr_scheduler.LambdaLR(o, lambda e: 1.0),
    "step": lambda o: lr_scheduler.StepLR(o, 20, 0.5),
    "exponential": lambda o: lr_scheduler.ExponentialLR(o, 0.5 ** (1 / 20)),
    "1/t": lambda o: lr_scheduler.LambdaLR(o, lambda e: 20 / (20 + e)),
    "cosine": lambda o: lr_scheduler.CosineAnnealingLR(o, 20),
}


@pytest.mark.parametrize("schedule", TORCH)
def test_the_rate_of_every_epoch_equals_torchs(schedule: str) -> None:
    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=0.3)
    theirs = TORCH[schedule](optimizer)

    for epoch in range(21 if schedule == "cosine" else 70):
        assert rate(schedule, 0.3, epoch, 20) == pytest.approx(theirs.get_last_lr()[0], rel=1e-9, abs=1e-12)
        optimizer.step()
        theirs.step()


def test_cosine_stays_at_zero_once_it_is_there() -> None:
    assert rate("cosine", 0.3, 90, 20) == 0
