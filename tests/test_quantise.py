"""Weights in a few bits: rounded, packed, stored, and multiplied as integers."""

import numpy as np
import pytest

from gatedrnn import GRU, LSTM, RNN, Embedding, SequenceModel
from gatedrnn.deployment.integer_cell import IntegerCell, with_integers
from gatedrnn.deployment.quantise import (
    QuantisedMatrix,
    load_quantised,
    pack,
    quantised_size,
    rounded,
    save_quantised,
    unpack,
)
from gatedrnn.weights import WeightFileError, save_weights

CELLS = [RNN, LSTM, GRU]
BITS = range(2, 9)


def model_of(kind, seed=0, D=3, H=7, embedding=False, readout="all"):
    rng = np.random.default_rng(seed)
    table = Embedding(11, D, rng=rng) if embedding else None
    model = SequenceModel(kind(D, H, rng=rng), 2, rng=rng, embedding=table, readout=readout)
    for value in model.params.values():
        value += 0.1 * rng.standard_normal(value.shape).astype(np.float32)
    return model


def drawn(shape, seed=1):
    return np.random.default_rng(seed).standard_normal(shape).astype(np.float32)


@pytest.mark.parametrize("bits", BITS)
def test_no_weight_is_off_by_more_than_half_a_scale(bits):
    W = drawn((6, 40))
    matrix = QuantisedMatrix.of(W, bits)
    largest = 2 ** (bits - 1) - 1
    assert matrix.values.dtype == np.int8
    np.testing.assert_array_equal(np.abs(matrix.values).max(1), largest)  # every row uses its range
    off = np.abs(matrix.dequantise() - W)
    assert (off <= matrix.scale[:, None] * 0.5001).all()
    assert off.max() > 0.2 * matrix.scale.max()  # and something is rounded


def test_rows_do_not_disturb_each_other():
    W = drawn((3, 20))
    W[1] *= 1000
    W[2] = 0
    back = QuantisedMatrix.of(W).dequantise()
    np.testing.assert_array_equal(back[0], QuantisedMatrix.of(W[:1]).dequantise()[0])
    np.testing.assert_array_equal(back[2], 0)


def test_rounding_again_changes_nothing():
    once = rounded(model_of(LSTM), 4)
    for name, value in rounded(once, 4).params.items():
        np.testing.assert_allclose(value, once.params[name], rtol=1e-6)


@pytest.mark.parametrize("bits", BITS)
def test_packed_numbers_come_back(bits):
    half = 2 ** (bits - 1)
    values = np.random.default_rng(0).integers(-half, half, (5, 13)).astype(np.int8)
    packed = pack(values, bits)
    assert len(packed) == -(-5 * 13 * bits // 8)
    np.testing.assert_array_equal(unpack(packed, bits, (5, 13)), values)
    with pytest.raises(ValueError, match="bytes for 66 numbers"):
        unpack(packed[:-1], bits, (6, 11))


@pytest.mark.parametrize("kind", CELLS)
def test_a_rounded_model_is_near_and_the_original_unchanged(kind):
    model, xs = model_of(kind), drawn((9, 4, 3))
    before = {name: value.copy() for name, value in model.params.items()}
    expected = model.forward(xs)[0]
    off = {bits: np.abs(rounded(model, bits).forward(xs)[0] - expected).max() for bits in (8, 5, 2)}
    assert 0 < off[8] < 0.03 < off[2]
    assert off[8] < off[5] < off[2]
    for name, value in model.params.items():
        np.testing.assert_array_equal(value, before[name])


def test_only_some_matrices_are_rounded():
    model = model_of(GRU)
    changed = rounded(model, 3, only=lambda name: name.endswith(".U")).params
    for name, value in model.params.items():
        assert (np.abs(changed[name] - value).max() > 0) == (name == "cell.U"), name


@pytest.mark.parametrize("kind", CELLS)
@pytest.mark.parametrize("bits", [8, 4, 3])
def test_a_file_holds_the_rounded_weights(tmp_path, kind, bits):
    model, path = model_of(kind, embedding=True), tmp_path / "model.safetensors"
    save_quantised(path, model, bits, {"note": "a"})
    back, metadata = load_quantised(path, model_of(kind, seed=5, embedding=True))
    assert metadata == {"note": "a"}
    for name, value in rounded(model, bits).params.items():
        np.testing.assert_array_equal(back.params[name], value)
    tokens = np.array([[1], [10], [0]])
    np.testing.assert_array_equal(back.forward(tokens)[0], rounded(model, bits).forward(tokens)[0])
    assert 0 < path.stat().st_size - quantised_size(model, bits) < 1200  # the header


def test_the_size_is_counted():
    model = model_of(LSTM)  # W 28 x 3, U 28 x 7, b 28, readout 2 x 7 and 2
    rows, values = 28 + 28 + 2, 28 * 3 + 28 * 7 + 2 * 7
    assert quantised_size(model, 8) == values + 4 * rows + 4 * (28 + 2)
    assert quantised_size(model, 4) == values // 2 + 4 * rows + 4 * (28 + 2)


def test_bad_files_are_named(tmp_path):
    model, path = model_of(LSTM), tmp_path / "model.safetensors"
    with pytest.raises(FileNotFoundError, match="found none"):
        load_quantised(path, model)
    save_weights(path, model.params)
    with pytest.raises(WeightFileError, match="expected a file of format"):
        load_quantised(path, model)
    save_quantised(path, model)
    with pytest.raises(WeightFileError, match=r"cell\.W"):
        load_quantised(path, model_of(GRU))
    path.write_bytes(path.read_bytes()[:-9])
    with pytest.raises(WeightFileError, match="damaged"):
        load_quantised(path, model)


@pytest.mark.parametrize("bits", [1, 9, 0])
def test_bits_have_a_range(bits):
    with pytest.raises(ValueError, match="bits: expected"):
        QuantisedMatrix.of(drawn((2, 2)), bits)


def test_integer_products_are_what_the_formula_says():
    W, x = drawn((5, 12)), drawn((12, 3), seed=2)
    matrix = QuantisedMatrix.of(W, 6)
    scale = np.abs(x).max(0) / 127
    rounded_x = np.rint(x / scale) * scale
    np.testing.assert_allclose(
        matrix.product(x), matrix.dequantise() @ rounded_x, rtol=1e-5, atol=1e-5
    )
    assert np.abs(matrix.product(x) - matrix.dequantise() @ x).max() > 1e-4


@pytest.mark.parametrize("kind", CELLS)
def test_integers_are_near_the_rounded_model(kind):
    model, xs = model_of(kind), drawn((12, 4, 3))
    exact, dequantised = model.forward(xs)[0], rounded(model).forward(xs)[0]
    integers = with_integers(model).forward(xs)[0]
    assert 1e-5 < np.abs(integers - dequantised).max() < 0.03
    assert np.abs(integers - exact).max() < 0.06


@pytest.mark.parametrize("kind", CELLS)
def test_an_integer_cell_minds_lengths_and_states(kind):
    cell, xs = model_of(kind).cell, drawn((6, 2, 3))
    whole, last, _ = IntegerCell(cell).forward(xs)
    first, middle, _ = IntegerCell(cell).forward(xs[:2])
    rest, end, _ = IntegerCell(cell).forward(xs[2:], middle)
    np.testing.assert_array_equal(np.concatenate([first, rest]), whole)
    np.testing.assert_array_equal(np.stack([end]), np.stack([last]))
    hs, state, _ = IntegerCell(cell).forward(xs, lengths=np.array([2, 6]))
    assert not hs[2:, 0].any()
    np.testing.assert_array_equal(hs[:, 1], whole[:, 1])
    for part, wanted in zip(np.stack([state]), np.stack([middle]), strict=True):
        np.testing.assert_array_equal(part[..., 0, :], wanted[..., 0, :])


def test_other_cells_are_refused():
    rng = np.random.default_rng(0)
    with pytest.raises(TypeError, match="reset after"):
        IntegerCell(GRU(2, 3, rng=rng, reset_after=False))
    with pytest.raises(TypeError, match="expected an RNN, LSTM or GRU"):
        IntegerCell(model_of(LSTM))
