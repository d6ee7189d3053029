r"""Who takes part, each in the form in which its users would run it.

An opponent is a function of a `Problem`. It returns its training step and its inference as
functions without arguments, everything prepared: weights in place, arrays in its own format,
compiled. The training step returns all its results, so that nobody can leave one out, and
`Opponent.read` turns them into arrays by name, for the test that all compute the same.

- *gatedrnn*: `forward` and `backward` of a layer.
- *PyTorch*: ``torch.nn``'s layer, autograd, gradients set to None before each step.
- *MXNet*: Gluon's layer, hybridised; its operations run in the background, so every step waits
  for all results.
- *JAX*: a cell in ``lax.scan`` with the input products of all steps in front of it, forward and
  vector-Jacobian product in one compiled function; waits for the results.
- *textbook*: the equations, one matrix product per gate and step, with PyTorch's autograd.
- *products*: the matrix products alone that a layer cannot do without, in NumPy: the floor.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from gatedrnn.bench.problems import Problem

__all__ = ["OPPONENTS", "Opponent"]


@dataclass(frozen=True)
class Opponent:
    """A prepared opponent.

    Attributes
    ----------
    train, infer : callable
    read : callable
        Takes what `train` returned to a dict of arrays: ``hs``, ``dxs`` and gradients under the
        names of our parameters.
    """

    train: Callable[[], Any]
    infer: Callable[[], Any]
    read: Callable[[Any], dict[str, np.ndarray]]


def gatedrnn(problem: Problem) -> Opponent:
    """Return our own layer."""
    cell, xs, dhs = problem.cell, problem.xs, problem.dhs

    def train():
        hs, _, tape = cell.forward(xs)
        dxs, _, grads = cell.backward(dhs, tape)
        return hs, dxs, grads

    return Opponent(
        train, lambda: cell.forward(xs)[0], lambda out: {"hs": out[0], "dxs": out[1], **out[2]}
    )


def pytorch(problem: Problem) -> Opponent:
    """Return PyTorch's layer."""
    from gatedrnn.frameworks.pytorch import grads_from_pytorch, to_pytorch

    module = to_pytorch(problem.cell)
    return _with_autograd(problem, lambda xs: module(xs)[0], module, grads_from_pytorch)


def _with_autograd(problem: Problem, forward: Callable, module: Any, grads: Callable) -> Opponent:
    """Return a module of PyTorch's; `grads` reads its gradients under our names."""
    import torch

    xs = torch.tensor(problem.xs, requires_grad=True)
    dhs = torch.tensor(problem.dhs)

    def train():
        module.zero_grad(set_to_none=True)
        xs.grad = None
        hs = forward(xs)
        hs.backward(dhs)
        return hs, xs.grad

    def infer():
        with torch.inference_mode():
            return forward(xs)

    def read(out):
        return {"hs": out[0].detach().numpy(), "dxs": out[1].numpy(), **grads(module)}

    return Opponent(train, infer, read)


def mxnet(problem: Problem) -> Opponent:
    """Return Gluon's layer."""
    from gatedrnn.frameworks.mxnet import grads_from_mxnet, mx, to_mxnet

    layer = to_mxnet(problem.cell)
    layer.hybridize(static_alloc=True, static_shape=True)
    xs, dhs = mx.nd.array(problem.xs), mx.nd.array(problem.dhs)
    xs.attach_grad()

    def train():
        with mx.autograd.record():
            hs = layer(xs)
        hs.backward(dhs)
        mx.nd.waitall()
        return hs, xs.grad, layer

    def infer():
        layer(xs).wait_to_read()

    return Opponent(
        train,
        infer,
        lambda out: {
            "hs": out[0].asnumpy(),
            "dxs": out[1].asnumpy(),
            **grads_from_mxnet(out[2]),
        },
    )


def textbook(problem: Problem) -> Opponent:
    """Return the equations as they stand in a textbook, with PyTorch's autograd."""
    from gatedrnn.bench.textbook import Textbook

    module = Textbook(problem.cell)
    return _with_autograd(problem, module, module, Textbook.grads)


def jax(problem: Problem) -> Opponent:
    """Return a cell in ``lax.scan``, compiled."""
    import jax

    from gatedrnn.frameworks.jax import apply_cell, to_jax

    params = jax.device_put(to_jax(problem.cell))
    xs, dhs = jax.device_put(problem.xs), jax.device_put(problem.dhs)
    apply = apply_cell(problem.cell)

    @jax.jit
    def step(params, xs, dhs):
        hs, pullback = jax.vjp(lambda params, xs: apply(params, xs)[0], params, xs)
        grads, dxs = pullback(dhs)
        return hs, dxs, grads

    compiled = jax.jit(lambda params, xs: apply(params, xs)[0])
    return Opponent(
        lambda: jax.block_until_ready(step(params, xs, dhs)),
        lambda: jax.block_until_ready(compiled(params, xs)),
        lambda out: {
            "hs": np.asarray(out[0]),
            "dxs": np.asarray(out[1]),
            **{name: np.asarray(value) for name, value in out[2].items()},
        },
    )


def products(problem: Problem) -> Opponent:
    """Return the matrix products alone: what is done for all steps in one, one per step else."""
    T, N, D = problem.xs.shape
    W, U = problem.cell.params["W"], problem.cell.params["U"]
    rows, H = U.shape
    rng = np.random.default_rng(0)
    x, h, da = (rng.standard_normal((size, T * N), np.float32) for size in (D, H, rows))
    h_t, da_t = (rng.standard_normal((T, size, N), np.float32) for size in (H, rows))
    a, dh = np.empty((rows, N), np.float32), np.empty((H, N), np.float32)

    def infer():
        out = W @ x
        for t in range(T):
            np.matmul(U, h_t[t], out=a)
        return out

    def train():
        out = infer()
        for t in range(T):
            np.matmul(U.T, da_t[t], out=dh)
        return out, W.T @ da, da @ x.T, da @ h.T

    return Opponent(train, infer, lambda out: {})


#: In the order of the table.
OPPONENTS = {
    "gatedrnn": gatedrnn,
    "PyTorch": pytorch,
    "MXNet": mxnet,
    "JAX": jax,
    "textbook": textbook,
    "products": products,
}
