"""Weight files."""

import os
import subprocess
import sys

import numpy as np
import pytest
from safetensors.numpy import save_file

from gatedrnn import GRU, LSTM, SequenceModel
from gatedrnn.optional import MissingPackageError, import_optional
from gatedrnn.weights import WeightFileError, load_weights, save_weights


def make_model(seed=0, cell=LSTM):
    rng = np.random.default_rng(seed)
    return SequenceModel(cell(3, 4, rng=rng), 2, rng=rng)


def test_round_trip_is_exact(tmp_path):
    model, other = make_model(0), make_model(1)
    save_weights(tmp_path / "model.safetensors", model.params)
    other.set_params(load_weights(tmp_path / "model.safetensors", other.params))
    for name, value in model.params.items():
        np.testing.assert_array_equal(other.params[name], value)
        np.testing.assert_array_equal(other.cell.params["U"], model.cell.params["U"])
    assert os.listdir(tmp_path) == ["model.safetensors"]


def test_a_missing_file(tmp_path):
    with pytest.raises(FileNotFoundError, match="path: expected a weight file, found none"):
        load_weights(tmp_path / "none.safetensors", {})


@pytest.mark.parametrize("keep", [0, 4, 40, -1])
def test_a_truncated_file(tmp_path, keep):
    path = tmp_path / "model.safetensors"
    save_weights(path, make_model().params)
    path.write_bytes(path.read_bytes()[:keep])
    with pytest.raises(WeightFileError, match="damaged or of another kind"):
        load_weights(path, make_model().params)


def test_foreign_files(tmp_path):
    path = tmp_path / "foreign.safetensors"
    save_file(make_model().params, path)
    with pytest.raises(WeightFileError, match="expected a file of format 'gatedrnn-1'.*says None"):
        load_weights(path, make_model().params)
    path.write_text("These are not weights. " * 20)
    with pytest.raises(WeightFileError, match="damaged or of another kind"):
        load_weights(path, make_model().params)


def test_weights_of_another_model(tmp_path):
    path = tmp_path / "model.safetensors"
    save_weights(path, make_model().params)
    with pytest.raises(WeightFileError, match=r"expected the names .* missing \['cell.b_n'\]"):
        load_weights(path, make_model(cell=GRU).params)
    wider = SequenceModel(LSTM(3, 5, rng=np.random.default_rng(0)), 2, rng=np.random.default_rng(0))
    with pytest.raises(
        WeightFileError, match=r"\['cell.W'\]: expected shape \(20, 3\), got \(16, 3\)"
    ):
        load_weights(path, wider.params)


def test_a_failed_write_leaves_the_old_file(tmp_path, monkeypatch):
    path = tmp_path / "model.safetensors"
    save_weights(path, make_model(0).params)
    before = path.read_bytes()

    def full(_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("gatedrnn.weights.os.fsync", full)
    with pytest.raises(OSError, match="No space left"):
        save_weights(path, make_model(1).params)
    assert path.read_bytes() == before
    assert os.listdir(tmp_path) == ["model.safetensors"]


def test_a_missing_package_says_how_to_get_it():
    with pytest.raises(MissingPackageError, match=r"no_such_package is not .* 'gatedrnn\[train\]'"):
        import_optional("no_such_package.part", extra="train")


def test_importing_the_library_imports_only_numpy():
    code = (
        "import sys, numpy; a = set(sys.modules); import gatedrnn; print(*(set(sys.modules) - a))"
    )
    loaded = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    third_party = {name.partition(".")[0] for name in loaded.stdout.split()}
    assert third_party - sys.stdlib_module_names == {"gatedrnn"}
