"""Attention: gradients, padding, and the same by PyTorch."""

import numpy as np
import pytest
from frameworks_required import require
from hypothesis import given, settings
from hypothesis import strategies as st

from gatedrnn.attention import AdditiveAttention, DotProductAttention
from gatedrnn.functional import softmax
from gatedrnn.gradcheck import numerical_gradient, relative_error

KINDS = pytest.mark.parametrize("kind", [AdditiveAttention, DotProductAttention])
sizes = st.integers(1, 4)


def draw(kind, S=3, T=5, N=2, query=3, key=4, seed=0):
    rng = np.random.default_rng(seed)
    layer = kind(query, key, rng=rng, dtype=np.float64)
    return layer, rng.standard_normal((S, N, query)), rng.standard_normal((T, N, key)), rng


@KINDS
@settings(max_examples=15, deadline=None, derandomize=True)
@given(S=sizes, T=sizes, N=sizes, query=sizes, key=sizes, padded=st.booleans())
def test_gradients(kind, S, T, N, query, key, padded):
    layer, qs, hs, rng = draw(kind, S, T, N, query, key)
    lengths = rng.integers(1, T + 1, N) if padded else None
    weights = rng.standard_normal((S, N, key))

    def loss():
        return np.vdot(weights, layer.forward(qs, hs, lengths)[0])

    dqs, dhs, grads = layer.backward(weights, layer.forward(qs, hs, lengths)[2])
    derived = {**grads, "qs": dqs, "hs": dhs}
    variables = {**layer.params, "qs": qs, "hs": hs}
    assert set(derived) == set(variables)
    for name, variable in variables.items():
        numeric = numerical_gradient(loss, variable)
        # With one step to look at, nothing depends on the score.
        assert relative_error(derived[name], numeric) < 1e-7 or np.abs(numeric).max() < 1e-10, name


@KINDS
def test_weights_are_a_distribution_and_the_context_is_their_mean(kind):
    layer, qs, hs, _ = draw(kind)
    contexts, weights, _ = layer.forward(qs, hs)
    assert weights.shape == (3, 2, 5)
    np.testing.assert_allclose(weights.sum(-1), 1)
    np.testing.assert_allclose(contexts, np.einsum("snt,tnk->snk", weights, hs))


@KINDS
def test_padding_gets_no_weight_and_changes_nothing(kind):
    layer, qs, hs, _ = draw(kind)
    lengths = np.array([5, 2])
    contexts, weights, _ = layer.forward(qs, hs, lengths)
    assert (weights[:, 1, 2:] == 0).all()
    other = hs.copy()
    other[2:, 1] = 1e6
    np.testing.assert_array_equal(layer.forward(qs, other, lengths)[0], contexts)
    alone = layer.forward(qs[:, 1:], hs[:2, 1:])[0]
    np.testing.assert_allclose(contexts[:, 1:], alone)


def test_scores_are_the_printed_ones():
    layer, qs, hs, _ = draw(AdditiveAttention)
    p = layer.params
    scores = [p["v"] @ np.tanh(p["W"] @ qs[1, 0] + p["U"] @ h) for h in hs[:, 0]]
    np.testing.assert_allclose(layer.forward(qs, hs)[1][1, 0], softmax(np.array(scores)))
    layer, qs, hs, _ = draw(DotProductAttention)
    scores = [qs[1, 0] @ layer.params["W"] @ h / np.sqrt(3) for h in hs[:, 0]]
    np.testing.assert_allclose(layer.forward(qs, hs)[1][1, 0], softmax(np.array(scores)))
    assert DotProductAttention(4, 4, rng=np.random.default_rng(0)).params == {}


def test_dot_product_is_pytorchs():
    require("gatedrnn.frameworks.pytorch")
    import torch

    layer, qs, hs, rng = draw(DotProductAttention, key=3)
    dcontexts = rng.standard_normal((3, 2, 3))
    q, h = (torch.tensor(a.swapaxes(0, 1).copy(), requires_grad=True) for a in (qs, hs))
    out = torch.nn.functional.scaled_dot_product_attention(q, h, h)
    out.backward(torch.tensor(dcontexts.swapaxes(0, 1).copy()))
    contexts, _, tape = layer.forward(qs, hs)
    dqs, dhs, _ = layer.backward(dcontexts, tape)
    for ours, theirs in ((contexts, out.detach()), (dqs, q.grad), (dhs, h.grad)):
        np.testing.assert_allclose(ours, theirs.numpy().swapaxes(0, 1), rtol=1e-10, atol=1e-12)


def test_bad_input_is_refused():
    layer, qs, hs, _ = draw(DotProductAttention)
    with pytest.raises(ValueError, match="qs: expected shape"):
        layer.forward(hs, hs)
    with pytest.raises(ValueError, match="hs: expected shape"):
        layer.forward(qs, hs[:, :1])
    with pytest.raises(ValueError, match="lengths: expected lengths from 1 to 5"):
        layer.forward(qs, hs, np.array([6, 1]))
