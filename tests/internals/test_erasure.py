"""Erasure: the theorem, on data where both kinds of linear reader see the concept before."""

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.svm import LinearSVC

from audit.internals.erasure import fit_eraser


def drawn(n=600, d=24, groups=3, shift=2.0, seed=0):
    """Correlated states whose mean depends on the group, and the groups one-hot."""
    rng = np.random.default_rng(seed)
    mixing = rng.normal(size=(d, d)) + np.eye(d)
    labels = rng.integers(0, groups, n)
    x = rng.normal(size=(n, d)) @ mixing + shift * rng.normal(size=(groups, d))[labels]
    return x, labels, np.eye(groups)[labels]


def readers(x, labels):
    """How strongly each linear reader leans on the states: its largest coefficient."""
    x = (x - x.mean(axis=0)) / x.std()
    logistic = LogisticRegression(C=1e3, tol=1e-10, max_iter=4000).fit(x, labels)
    # an intercept must cost nothing, or the machine pays for it with coefficients
    vector = LinearSVC(
        loss="squared_hinge", tol=1e-10, max_iter=200_000, intercept_scaling=1e3, C=1.0
    ).fit(x, labels)
    return np.abs(logistic.coef_).max(), np.abs(vector.coef_).max(), logistic.score(x, labels)


@pytest.mark.parametrize("groups", [2, 3])
def test_no_linear_reader_is_left_and_both_read_before(groups):
    x, labels, z = drawn(groups=groups)
    majority = np.bincount(labels).max() / len(labels)
    logistic, vector, accuracy = readers(x, labels)
    assert logistic > 0.5
    assert vector > 0.1
    assert accuracy > majority + 0.2

    erased = fit_eraser(x, z)(x)
    logistic, vector, accuracy = readers(erased, labels)
    assert logistic < 1e-5
    assert vector < 1e-5
    assert accuracy == pytest.approx(majority)


def test_the_formula_written_a_second_time():
    """W by the square root of the inverse, P by the normal equations; nothing is shared."""
    from scipy.linalg import sqrtm

    x, _, z = drawn(n=400, d=12, groups=2, seed=3)
    z = z[:, :1]
    mean = x.mean(axis=0)
    sigma = np.cov(x.T, bias=True)
    cross = np.array([[np.mean((a - a.mean()) * (z[:, 0] - z[:, 0].mean())) for a in x.T]]).T
    w = np.real(sqrtm(np.linalg.inv(sigma)))
    a = w @ cross
    p = a @ np.linalg.inv(a.T @ a) @ a.T
    slow = np.stack([row - np.linalg.inv(w) @ p @ w @ (row - mean) for row in x])
    assert np.abs(fit_eraser(x, z)(x) - slow).max() < 1e-10


def test_the_covariance_is_gone_and_nothing_moves_without_a_concept():
    x, labels, z = drawn()
    eraser = fit_eraser(x, z)
    assert eraser.rank == 2  # three groups differ in two directions
    erased = eraser(x)
    means = [erased[labels == group].mean(axis=0) for group in range(3)]
    assert np.abs(means[0] - means[1]).max() < 1e-10
    assert np.abs(x[labels == 0].mean(axis=0) - x[labels == 1].mean(axis=0)).max() > 1
    still = fit_eraser(x, np.ones((len(x), 1)))
    assert still.rank == 0
    assert np.array_equal(still(x), x)


def test_no_other_erasure_moves_the_states_less():
    """Against the plain projection, which erases as well: LEACE's edit is the smaller one."""
    x, labels, z = drawn(groups=2)
    eraser = fit_eraser(x, z[:, :1])
    gap = x[labels == 0].mean(axis=0) - x[labels == 1].mean(axis=0)
    gap /= np.linalg.norm(gap)
    mean = x.mean(axis=0)
    projected = x - np.outer((x - mean) @ gap, gap)
    assert (
        np.abs(projected[labels == 0].mean(axis=0) - projected[labels == 1].mean(axis=0)).max()
        < 1e-10
    )
    leace, plain = (((after - x) ** 2).sum(axis=1).mean() for after in (eraser(x), projected))
    # the edit is least in the states' own (Mahalanobis) and in every other inner product
    assert leace <= plain * (1 + 1e-9)


def test_fewer_states_than_dimensions_are_erased_where_they_were_fitted():
    x, labels, z = drawn(n=20, d=40, groups=2)
    erased = fit_eraser(x, z)(x)
    gap = erased[labels == 0].mean(axis=0) - erased[labels == 1].mean(axis=0)
    assert np.abs(gap).max() < 1e-8


def test_one_state_is_refused():
    with pytest.raises(ValueError, match="two states"):
        fit_eraser(np.zeros((1, 3)), np.zeros((1, 1)))
