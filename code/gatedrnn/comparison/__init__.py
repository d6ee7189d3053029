"""RNN, LSTM and GRU on trial on the reader's own data: `gatedrnn.compare`."""

from gatedrnn.comparison.comparison import Comparison, compare, prepare
from gatedrnn.comparison.problem import Problem

__all__ = ["Comparison", "Problem", "compare", "prepare"]
