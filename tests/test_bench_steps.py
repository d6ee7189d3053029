"""Every runtime's step is the same step."""

import numpy as np
import pytest
from frameworks_required import require

from gatedrnn import GRU, LSTM, RNN, SequenceModel
from gatedrnn.bench.steps import STEPPERS

NEEDS = {
    "onnxruntime": "gatedrnn.frameworks.onnx",
    "onnxruntime, written out": "gatedrnn.frameworks.onnx",
    "PyTorch": "gatedrnn.frameworks.pytorch",
    "MXNet": "gatedrnn.frameworks.mxnet",
}


@pytest.mark.parametrize("kind", [RNN, LSTM, GRU])
@pytest.mark.parametrize("name", STEPPERS)
@pytest.mark.parametrize(("readout", "N"), [("all", 1), ("last", 2)])
def test_every_runtime_steps_like_the_whole_sequence(name, kind, readout, N):
    if name in NEEDS:
        require(NEEDS[name])
    rng = np.random.default_rng(0)
    cell = kind(3, 5, rng=rng)
    xs = rng.standard_normal((12, N, 3)).astype(np.float32)
    expected = SequenceModel(cell, 2, rng=np.random.default_rng(1)).forward(xs)[0]
    model = SequenceModel(cell, 2, rng=np.random.default_rng(1), readout=readout)
    step = STEPPERS[name](model, N)
    np.testing.assert_allclose(np.stack([step(x) for x in xs]), expected, rtol=1e-5, atol=1e-5)
