"""What the syllabus promises of estimation, over many coins and Gaussians."""

import pytest
from scipy import stats

from models.core.session import Session
from models.labs.recap.estimation import Estimation
from tests.core.drive import forward

pytestmark = pytest.mark.proof


@pytest.mark.parametrize("question", ["coin", "Gaussian"])
def test_map_goes_to_mle_as_n_grows(question: str) -> None:
    gaps: dict[int, list[float]] = {5: [], 50: [], 500: []}
    for seed in range(9):
        session = Session(Estimation, {"question": question, "begins": "by chance"}, seed=seed)
        for n in gaps:
            forward(session, n - session.step)
            lab = session.lab
            gaps[n].append(abs(lab.map - lab.belief.mle(lab.data)))
    medians = {n: sorted(values)[4] for n, values in gaps.items()}
    assert medians[50] < medians[5]
    assert medians[500] < medians[50]
    assert medians[500] < 0.02  # (σ/τ)² |m − μ|/n = 4 · 2/500 of the Gaussian; less of the coin


@pytest.mark.parametrize("seed", range(3))
def test_the_posterior_covers_the_truth_as_often_as_it_says(seed: int) -> None:
    """Truths drawn from the prior: 80 % intervals of the posterior hold them in about 80 % of 200 coins."""
    prior = stats.beta(2, 2)
    inside = 0
    for k in range(200):
        truth = float(prior.rvs(random_state=1000 * seed + k))
        session = Session(Estimation, {"truth": truth, "begins": "by chance"}, seed=1000 * seed + k)
        forward(session, 10)
        posterior = session.lab.belief.posterior(session.lab.data)
        low, high = stats.beta(posterior.a, posterior.b).interval(0.8)
        inside += low <= truth <= high
    assert inside / 200 == pytest.approx(0.8, abs=4 * (0.16 / 200) ** 0.5)  # four standard errors
