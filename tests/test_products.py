"""The products of a step, in one piece or in blocks."""

import numpy as np
import pytest

from gatedrnn import GRU, LSTM, RNN
from gatedrnn.cells import products
from gatedrnn.cells.products import blas_threads, in_blocks


@pytest.fixture(params=[1, 2], ids=["one thread", "two threads"])
def threads(request, monkeypatch):
    monkeypatch.setenv("OPENBLAS_NUM_THREADS", str(request.param))
    return request.param


@pytest.mark.parametrize(
    ("R", "K", "N"), [(128, 61, 32), (400, 189, 32), (101, 7, 3), (2048, 641, 32)]
)
def test_blocks_give_the_product(threads, R, K, N):
    rng = np.random.default_rng(0)
    W, x = rng.standard_normal((R, K)), rng.standard_normal((K, N))
    blocks = in_blocks(W, N)
    assert np.shares_memory(blocks, W)
    np.testing.assert_allclose((blocks @ x).reshape(R, N), W @ x, rtol=1e-10, atol=1e-10)
    rows = blocks.shape[1]
    if threads > 1:
        assert rows == R
    else:
        assert rows >= products.FEWEST_ROWS
        assert rows * K * N <= products.SMALL
        assert len(blocks) == 1 or R * K * N > products.SMALL


@pytest.mark.parametrize(
    ("kind", "options"),
    [
        (RNN, {}),
        (LSTM, {}),
        (GRU, {}),
        (GRU, {"reset_after": False}),
    ],
)
def test_a_cell_computes_the_same_in_blocks(kind, options, monkeypatch):
    cell = kind(40, 160, rng=np.random.default_rng(1), dtype=np.float64, **options)
    rng = np.random.default_rng(2)
    xs, dhs = rng.standard_normal((5, 64, 40)), rng.standard_normal((5, 64, 160))
    results, sizes = [], []
    for threads in "12":
        monkeypatch.setenv("OPENBLAS_NUM_THREADS", threads)
        sizes.append(len(in_blocks(cell.params["U"], 64)))
        hs, _, tape = cell.forward(xs)
        dxs, _, grads = cell.backward(dhs, tape)
        results.append([hs, dxs, *grads.values()])
    assert sizes[0] > sizes[1] == 1
    for one, two in zip(*results, strict=True):
        np.testing.assert_allclose(one, two, rtol=1e-9, atol=1e-12)


def test_the_number_of_threads_is_read_from_the_environment(monkeypatch):
    monkeypatch.setenv("OMP_NUM_THREADS", "3")
    monkeypatch.delenv("OPENBLAS_NUM_THREADS", raising=False)
    assert blas_threads() == 3
    monkeypatch.setenv("OPENBLAS_NUM_THREADS", "5")
    assert blas_threads() == 5
    monkeypatch.setenv("OPENBLAS_NUM_THREADS", "many")
    assert blas_threads() == 3
    monkeypatch.delenv("OPENBLAS_NUM_THREADS")
    monkeypatch.delenv("OMP_NUM_THREADS")
    assert blas_threads() >= 1
