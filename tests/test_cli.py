"""The command `gatedrnn`."""

import subprocess
import sys

import pytest

import gatedrnn
from gatedrnn import cli, doctor
from gatedrnn.cli import main


def test_the_version_and_the_commands(capsys):
    with pytest.raises(SystemExit) as caught:
        main(["--version"])
    assert caught.value.code == 0
    assert capsys.readouterr().out == f"gatedrnn {gatedrnn.__version__}\n"
    with pytest.raises(SystemExit):
        main(["--help"])
    shown = capsys.readouterr().out
    assert all(name in shown for name in cli.COMMANDS)


@pytest.mark.parametrize("arguments", [[], ["sing"], ["bench", "--sizes", "1,2"]])
def test_wrong_usage_ends_with_2(arguments, capsys):
    with pytest.raises(SystemExit) as caught:
        main(arguments)
    assert caught.value.code == 2
    assert "usage: gatedrnn" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("error", "code"),
    [(ValueError("wrong"), 2), (PermissionError("wrong"), 1), (RuntimeError("wrong"), 1)],
)
def test_an_error_is_one_line(error, code, monkeypatch, capsys):
    def fail(options):
        raise error

    monkeypatch.setattr(doctor, "run", fail)
    assert main(["doctor"]) == code
    assert capsys.readouterr().err == "error: wrong\n"


def test_as_a_module():
    command = [sys.executable, "-m", "gatedrnn", "doctor"]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0
    assert "NumPy" in done.stdout


def test_importing_the_library_takes_numpy_alone_and_little_time():
    code = """
import sys, numpy, time
start = time.perf_counter()
import gatedrnn
seconds = time.perf_counter() - start
loaded = {name.partition(".")[0] for name in sys.modules}
heavy = {"torch", "mxnet", "jax", "flax", "keras", "onnx", "scipy", "pandas", "matplotlib"}
assert not loaded & (heavy | {"tqdm", "safetensors", "joblib"}), loaded & heavy
assert seconds < 2, seconds  # measured at 0.02; a machine may be busy
"""
    subprocess.run([sys.executable, "-c", code], check=True)
