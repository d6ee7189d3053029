"""Our layers against the papers' equations, differentiated by PyTorch's autograd, in float64.

The frameworks have no GRU that resets before the matrix product, so the equations are written
out here, one gate and one product at a time, with nothing shared with the library but the
parameters.
"""

import numpy as np
import pytest
from frameworks_required import require
from hypothesis import example, given, settings
from parity import EDGES, SHAPES, Problem

from gatedrnn import GRU, LSTM

torch = require("gatedrnn.frameworks.pytorch").torch


def blocks(params, count):
    """Return W, U and b as lists of one tensor per gate."""
    return [params[name].chunk(count) for name in ("W", "U", "b")]


def lstm(params, xs, h, c):
    """Gers et al. (2000) without peepholes, as every framework has it."""
    (W_i, W_f, W_g, W_o), (U_i, U_f, U_g, U_o), (b_i, b_f, b_g, b_o) = blocks(params, 4)
    hs = []
    for x in xs:
        i = torch.sigmoid(x @ W_i.T + h @ U_i.T + b_i)
        f = torch.sigmoid(x @ W_f.T + h @ U_f.T + b_f)
        g = torch.tanh(x @ W_g.T + h @ U_g.T + b_g)
        o = torch.sigmoid(x @ W_o.T + h @ U_o.T + b_o)
        c = f * c + i * g
        h = o * torch.tanh(c)
        hs.append(h)
    return torch.stack(hs), (h, c)


def gru_reset_before(params, xs, h):
    """Cho et al. (2014), equations 5 to 8, with biases."""
    (W_r, W_z, W_n), (U_r, U_z, U_n), (b_r, b_z, b_n) = blocks(params, 3)
    hs = []
    for x in xs:
        r = torch.sigmoid(x @ W_r.T + h @ U_r.T + b_r)
        z = torch.sigmoid(x @ W_z.T + h @ U_z.T + b_z)
        n = torch.tanh(x @ W_n.T + (r * h) @ U_n.T + b_n)
        h = z * h + (1 - z) * n
        hs.append(h)
    return torch.stack(hs), (h,)


CASES = [
    pytest.param(LSTM, {}, lstm, id="LSTM"),
    pytest.param(GRU, {"reset_after": False}, gru_reset_before, id="GRU, reset before"),
]


def solve(problem, equations):
    """Return all results of the equations, by our names."""

    def variable(array):
        return torch.tensor(array, requires_grad=True)

    params = {name: variable(value) for name, value in problem.cell.params.items()}
    xs, start = variable(problem.xs), [variable(part) for part in problem.start]
    hs, end = equations(params, xs, *start)
    loss = (hs * torch.tensor(problem.dhs)).sum()
    for part, weight in zip(end, problem.dend, strict=True):
        loss = loss + (part * torch.tensor(weight)).sum()
    loss.backward()
    return problem.results(
        hs.detach().numpy(),
        [part.detach().numpy() for part in end],
        xs.grad.numpy(),
        [part.grad.numpy() for part in start],
        {name: value.grad.numpy() for name, value in params.items()},
    )


@pytest.mark.parametrize(("kind", "options", "equations"), CASES)
@settings(max_examples=20, deadline=None, derandomize=True)
@given(**SHAPES)
def test_results_and_all_gradients(kind, options, equations, T, N, D, H, seed):
    problem = Problem.draw(kind, np.float64, T=T, N=N, D=D, H=H, seed=seed, **options)
    problem.check(solve(problem, equations))


for edge in EDGES:
    test_results_and_all_gradients = example(**edge)(test_results_and_all_gradients)


def test_reset_after_is_not_reset_before():
    """On equal weights, with ``b_n`` zero, the two conventions differ: the check can tell."""
    problem = Problem.draw(GRU, np.float64, **EDGES[2], reset_after=True)
    problem.cell.params.pop("b_n")
    theirs = solve(problem, gru_reset_before)
    problem.cell.params["b_n"] = np.zeros(5)
    theirs["db_n"] = np.zeros(5)
    with pytest.raises(AssertionError, match="'hs'"):
        problem.check(theirs)
