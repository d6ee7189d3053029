"""One problem for two implementations: everything that goes in, and all that comes out.

The loss is a random linear function of all outputs and of the final state, so that every path
through a layer counts.
"""

from dataclasses import dataclass

import numpy as np
from hypothesis import strategies as st

from gatedrnn import GRU, LSTM, RNN

#: Largest difference that rounding explains, by precision; see `difference`.
TOLERANCE = {np.dtype(np.float32): 1e-5, np.dtype(np.float64): 1e-10}

CELLS = {"RNN": RNN, "LSTM": LSTM, "GRU": GRU}

#: Shapes drawn by hypothesis, and those at the edge of what is allowed.
SHAPES = {
    "T": st.integers(1, 12),
    "N": st.integers(1, 5),
    "D": st.integers(1, 6),
    "H": st.integers(1, 8),
    "seed": st.integers(0, 2**32 - 1),
}
EDGES = [
    {"T": 1, "N": 1, "D": 1, "H": 1, "seed": 0},
    {"T": 1, "N": 4, "D": 3, "H": 5, "seed": 1},
    {"T": 7, "N": 1, "D": 3, "H": 5, "seed": 2},
    {"T": 7, "N": 4, "D": 3, "H": 1, "seed": 3},
    {"T": 7, "N": 4, "D": 1, "H": 5, "seed": 4},
    {"T": 40, "N": 16, "D": 20, "H": 32, "seed": 5},
]


@dataclass
class Problem:
    """A cell with random parameters, its arguments, and the weights of the loss.

    `start` and `dend` are tuples of the state's parts, each (N, H).
    """

    cell: RNN | LSTM | GRU
    xs: np.ndarray
    start: tuple[np.ndarray, ...]
    dhs: np.ndarray
    dend: tuple[np.ndarray, ...]

    @classmethod
    def draw(cls, kind, dtype, *, T, N, D, H, seed, **options):
        rng = np.random.default_rng(seed)
        cell = kind(D, H, rng=rng, dtype=dtype, **options)
        for value in cell.params.values():
            # No more than this: under large weights a plain RNN is chaotic, and rounding, which
            # no two implementations share, grows from step to step.
            spread = 0.5 if value.ndim == 1 else 0.5 / np.sqrt(value.shape[1])
            value += spread * rng.standard_normal(value.shape)

        def normal(*shape):
            return rng.standard_normal(shape).astype(dtype)

        parts = range(len(cell.state_names))
        return cls(
            cell,
            normal(T, N, D),
            tuple(normal(N, H) for _ in parts),
            normal(T, N, H),
            tuple(normal(N, H) for _ in parts),
        )

    def solve(self):
        """Return all results of our cell, by name."""
        start, dend = (parts if len(parts) > 1 else parts[0] for parts in (self.start, self.dend))
        hs, end, tape = self.cell.forward(self.xs, start)
        dxs, dstart, grads = self.cell.backward(self.dhs, tape, dend)
        return self.results(hs, end, dxs, dstart, grads)

    def results(self, hs, end, dxs, dstart, grads):
        """Name what an implementation returned; a state is an array or a sequence of them."""
        named = {"hs": hs, "dxs": dxs, **{f"d{name}": value for name, value in grads.items()}}
        for suffix, state in (("T", end), ("0", dstart)):
            parts = [state] if isinstance(state, np.ndarray) else state
            for name, part in zip(self.cell.state_names, parts, strict=True):
                named[f"d{name}0" if suffix == "0" else f"{name}T"] = part
        return named

    def check(self, theirs):
        """Assert that another implementation's results are ours, down to rounding."""
        ours = self.solve()
        assert {name: value.shape for name, value in theirs.items()} == {
            name: value.shape for name, value in ours.items()
        }
        assert {value.dtype for value in theirs.values()} == {self.cell.dtype}
        differences = {name: difference(ours[name], theirs[name]) for name in ours}
        assert max(differences.values()) <= TOLERANCE[self.cell.dtype], differences


def difference(a, b):
    """Return the largest absolute difference, relative to the largest entry if that is over 1."""
    return float(np.abs(a - b).max() / max(1, np.abs(b).max()))
