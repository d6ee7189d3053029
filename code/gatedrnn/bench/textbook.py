r"""The cells as a textbook prints them: one matrix product per gate and step, in PyTorch."""

from __future__ import annotations

import numpy as np
import torch
from torch import nn

from gatedrnn.cells import GRU, LSTM, RNN
from gatedrnn.cells.base import Recurrent

__all__ = ["Textbook"]


class Textbook(nn.Module):
    """A layer of ours as a module that goes through its equations, step by step.

    The product of a gate takes the input and the state side by side; only the candidate of a GRU
    has two, for the reset gate comes between them.

    Parameters
    ----------
    cell : RNN, LSTM, or GRU with the reset after the product
    """

    def __init__(self, cell: Recurrent) -> None:
        super().__init__()
        steps = {RNN: self._rnn, LSTM: self._lstm, GRU: self._gru}
        if type(cell) not in steps or not getattr(cell, "reset_after", True):
            raise TypeError(f"cell: expected an RNN, LSTM or GRU with reset_after, got {cell!r}")
        self.cell, self.step = cell, steps[type(cell)]
        p, separate = cell.params, "b_n" in cell.params
        for gate in cell.gates:
            rows = cell.block(gate)
            if separate and gate == "n":
                self.n_x = _linear(p["W"][rows], p["b"][rows])
                self.n_h = _linear(p["U"][rows], p["b_n"])
            else:
                self.add_module(
                    gate, _linear(np.hstack([p["W"][rows], p["U"][rows]]), p["b"][rows])
                )

    def forward(self, xs: torch.Tensor) -> torch.Tensor:
        """Return hs (T, N, H) of xs (T, N, D)."""
        state = [xs.new_zeros(xs.shape[1], self.cell.hidden_size) for _ in self.cell.state_names]
        hs = []
        for x in xs:
            state = self.step(x, *state)
            hs.append(state[0])
        return torch.stack(hs)

    def _rnn(self, x, h):
        return (torch.tanh(self.h(torch.cat([x, h], dim=1))),)

    def _lstm(self, x, h, c):
        v = torch.cat([x, h], dim=1)
        i, f, o = torch.sigmoid(self.i(v)), torch.sigmoid(self.f(v)), torch.sigmoid(self.o(v))
        c = f * c + i * torch.tanh(self.g(v))
        return o * torch.tanh(c), c

    def _gru(self, x, h):
        v = torch.cat([x, h], dim=1)
        r, z = torch.sigmoid(self.r(v)), torch.sigmoid(self.z(v))
        n = torch.tanh(self.n_x(x) + r * self.n_h(h))
        return ((1 - z) * n + z * h,)

    def grads(self) -> dict[str, np.ndarray]:
        """Return the gradients under the names of our parameters."""
        D, W, U, b = self.cell.input_size, [], [], []
        grads = {}
        for gate in self.cell.gates:
            if gate == "n":
                W.append(self.n_x.weight.grad)
                U.append(self.n_h.weight.grad)
                b.append(self.n_x.bias.grad)
                grads["b_n"] = self.n_h.bias.grad.numpy()
            else:
                linear = self.get_submodule(gate)
                W.append(linear.weight.grad[:, :D])
                U.append(linear.weight.grad[:, D:])
                b.append(linear.bias.grad)
        stacked = {"W": W, "U": U, "b": b}
        return grads | {name: torch.cat(parts).numpy() for name, parts in stacked.items()}


def _linear(weight: np.ndarray, bias: np.ndarray) -> nn.Linear:
    linear = nn.Linear(*weight.shape[::-1])
    linear.load_state_dict({"weight": torch.tensor(weight), "bias": torch.tensor(bias)})
    return linear
