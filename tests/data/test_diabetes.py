"""The diabetes data as read here equal what scikit-learn's own loader gives."""

import subprocess
import sys

import numpy as np
from sklearn.datasets import load_diabetes

from models.data import diabetes


def test_diabetes_equals_scikit_learn_in_its_units() -> None:
    truth = load_diabetes(scaled=False)
    rows = diabetes.load().numpy()
    np.testing.assert_array_equal(rows[:, :-1], truth.data)
    np.testing.assert_array_equal(rows[:, -1], truth.target)
    assert list(diabetes.MEASUREMENTS) == truth.feature_names


def test_scikit_learn_is_not_imported() -> None:
    code = "import sys; from models.data import diabetes; diabetes.load(); assert 'sklearn' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)
