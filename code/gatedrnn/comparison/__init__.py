"""RNN, LSTM and GRU on trial on the reader's own data: `gatedrnn.compare`."""

from gatedrnn.comparison.comparison import Comparison, compare
from gatedrnn.comparison.preparing import prepare
from gatedrnn.comparison.problem import Problem

__all__ = ["Comparison", "Problem", "compare", "prepare"]
