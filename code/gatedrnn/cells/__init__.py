"""The three recurrent layers, forward and backward, in NumPy."""

from gatedrnn.cells.gru import GRU
from gatedrnn.cells.lstm import LSTM
from gatedrnn.cells.rnn import RNN

__all__ = ["GRU", "LSTM", "RNN"]
