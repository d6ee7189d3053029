"""The recurrent layers, forward and backward, in NumPy: the three of the book, and variants."""

from gatedrnn.cells.gru import GRU
from gatedrnn.cells.lstm import LSTM
from gatedrnn.cells.lstm_variants import (
    CoupledLSTM,
    LSTMVariant,
    NoForgetGateLSTM,
    NoInputActivationLSTM,
    NoInputGateLSTM,
    NoOutputActivationLSTM,
    NoOutputGateLSTM,
    PeepholeLSTM,
)
from gatedrnn.cells.mgu import MGU
from gatedrnn.cells.minimal import MinGRU, MinLSTM
from gatedrnn.cells.rnn import RNN

__all__ = [
    "GRU",
    "LSTM",
    "MGU",
    "RNN",
    "CoupledLSTM",
    "LSTMVariant",
    "MinGRU",
    "MinLSTM",
    "NoForgetGateLSTM",
    "NoInputActivationLSTM",
    "NoInputGateLSTM",
    "NoOutputActivationLSTM",
    "NoOutputGateLSTM",
    "PeepholeLSTM",
]
