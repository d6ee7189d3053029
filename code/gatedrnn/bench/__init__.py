r"""The benchmark: our cells against PyTorch's, MXNet's, JAX's and the textbook's.

`problems` says what is computed, `opponents` who computes it and how, `measure` takes the times
and `report` sums them up; `memory` weighs a training step. Run it with ``gatedrnn bench``.
"""

from gatedrnn.bench.measure import run_bench
from gatedrnn.bench.problems import SIZES, Size
from gatedrnn.bench.report import geometric_means, table

__all__ = ["SIZES", "Size", "geometric_means", "run_bench", "table"]
