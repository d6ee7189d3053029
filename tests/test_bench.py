"""The benchmark: that all compute the same, and that its sums are right. No time is judged."""

import json

import numpy as np
import pytest

from gatedrnn.bench import Size, geometric_means, measure, run_bench, table
from gatedrnn.bench.memory import our_peak, pytorch_peak
from gatedrnn.bench.opponents import OPPONENTS
from gatedrnn.bench.problems import CELLS, Problem
from gatedrnn.bench.report import summary_line
from gatedrnn.cli import main
from gatedrnn.study.cost import peak_size

SMALL = Size(7, 4, 3, 5)


@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize("name", [name for name in OPPONENTS if name != "products"])
def test_all_compute_the_same(cell, name):
    problem = Problem.draw(cell, SMALL)
    ours = OPPONENTS["gatedrnn"](problem)
    expected = ours.read(ours.train())
    opponent = OPPONENTS[name](problem)
    for _ in range(2):  # the second time is the one that is measured
        results = opponent.read(opponent.train())
    assert set(results) == set(expected)
    for key, value in expected.items():
        np.testing.assert_allclose(results[key], value, rtol=1e-4, atol=1e-4, err_msg=key)
    opponent.infer()


@pytest.mark.parametrize("cell", CELLS)
def test_the_floor_is_all_products_and_no_more(cell, monkeypatch):
    """Counted in multiplications, against what the equations ask for."""
    problem = Problem.draw(cell, SMALL)
    done = []

    class Counting(np.ndarray):
        def __array_ufunc__(self, ufunc, method, *inputs, out=None, **options):
            assert ufunc is np.matmul
            plain = [np.asarray(value) for value in inputs]
            done.append(plain[0].shape[0] * plain[0].shape[1] * plain[1].shape[1])
            return np.matmul(*plain)

    for name in ("W", "U"):
        problem.cell.params[name] = problem.cell.params[name].view(Counting)
    floor = OPPONENTS["products"](problem)
    T, N, D, H = SMALL
    rows = len(problem.cell.params["W"])
    floor.infer()
    assert sum(done) == T * N * rows * (D + H)
    done.clear()
    floor.train()
    # The sums over time, as many again, are between arrays that are not counted.
    assert sum(done) == 2 * T * N * rows * (D + H)


@pytest.fixture(scope="module")
def quick(tmp_path_factory):
    path = tmp_path_factory.mktemp("bench") / "bench.json"
    names = ["gatedrnn", "PyTorch", "products"]
    assert (
        main(["bench", "--quick", "--cells", "GRU", "--opponents", *names, "--output", str(path)])
        == 0
    )
    return json.loads(path.read_text())


def test_what_is_measured(quick):
    assert [(one["cell"], one["mode"]) for one in quick["measurements"]] == [
        ("GRU", "training"),
        ("GRU", "inference"),
    ]
    for one in quick["measurements"]:
        assert set(one["seconds"]) == {"gatedrnn", "PyTorch", "products"}
        assert set(one["ratio"]) == {"PyTorch", "products"}
        for spread in (*one["seconds"].values(), *one["ratio"].values()):
            assert 0 < spread["low"] <= spread["median"] <= spread["high"]
    assert quick["missing"] == {}
    assert set(quick["about"]["versions"]) == {"gatedrnn", "numpy", "torch", "mxnet", "jax"}
    assert quick["about"]["processes"] == "one per opponent"


def made_up(ratios):
    return {
        "missing": {"JAX": "JAX is not installed"},
        "measurements": [
            {
                "threads": threads, "cell": cell, "mode": "training", "size": SMALL._asdict(),
                "seconds": {"gatedrnn": {"median": 1e-3, "low": 1e-3, "high": 2e-3}},
                "ratio": {"PyTorch": {"median": value}, "products": {"median": 0.5}},
            }
            for threads, cell, value in ratios
        ],
    }  # fmt: skip


def test_means_are_geometric_and_per_cell_and_opponent():
    results = made_up([(1, "GRU", 4), (1, "GRU", 1), (2, "GRU", 3), (2, "LSTM", 0.5)])
    assert geometric_means(results) == {
        (1, "training", "GRU", "PyTorch"): pytest.approx(2),
        (2, "training", "GRU", "PyTorch"): pytest.approx(3),
        (2, "training", "LSTM", "PyTorch"): pytest.approx(0.5),
    }
    line = summary_line(results)
    assert "\n" not in line
    assert "threads: 2" in line
    assert "GRU: PyTorch 3.00" in line
    assert "LSTM: PyTorch 0.50" in line
    shown = table(results)
    assert "1.00 [1.00, 2.00]" in shown
    assert "50%" in shown
    assert "left out: JAX: JAX is not installed" in shown


def test_who_is_not_installed_is_left_out(monkeypatch):
    class Worker(measure._Worker):
        def __init__(self, threads):
            pass

        def __exit__(self, *_):
            pass

        def ask(self, opponent, **problem):
            if opponent == "JAX":
                raise measure.MissingPackageError("JAX is not installed")
            return 0.25 if opponent == "gatedrnn" else 0.5

    monkeypatch.setattr(measure, "_Worker", Worker)
    monkeypatch.setattr(measure, "PAUSE", 0)
    results = run_bench(
        threads=[1], cells=["RNN"], sizes=[SMALL], opponents=["gatedrnn", "JAX", "MXNet"], rounds=2
    )
    assert results["missing"] == {"JAX": "JAX is not installed"}
    assert [one["ratio"] for one in results["measurements"]] == [
        {"MXNet": {"median": 2.0, "low": 2.0, "high": 2.0}}
    ] * 2


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--cells", "TCN"], "cells: expected some of RNN, LSTM, GRU"),
        (["--opponents", "PyTorch"], "expected gatedrnn among them"),
        (["--threads", "4096"], "expected at most the number of cores"),
        (["--rounds", "0"], "rounds: expected a positive integer"),
        (["--output", "none/bench.json"], "output: expected a folder"),
    ],
)
def test_bad_input_is_one_line(arguments, message, capsys):
    assert main(["bench", *arguments]) == 2
    error = capsys.readouterr().err
    assert message in error
    assert error.count("\n") == 1


@pytest.mark.parametrize("cell", ["LSTM", "GRU"])
def test_memory_grows_with_the_sequence(cell):
    short, long = (Problem.draw(cell, Size(T, 16, 24, 32)) for T in (40, 80))
    for peak in (our_peak, pytorch_peak):
        first, second = peak(short), peak(long)
        outputs_and_gradients = 2 * long.dhs.nbytes + long.xs.nbytes
        assert second > outputs_and_gradients
        assert second / first == pytest.approx(2, rel=0.2)
    formula = 4 * peak_size(cell, 24, 32, 80, 16)
    output = long.dhs.nbytes  # this time handed in by the problem, so that it is not allocated
    assert our_peak(long) == pytest.approx(formula - output, rel=0.1)
