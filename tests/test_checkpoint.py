"""Training that is interrupted goes on as if it had not been."""

import errno
import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest

from gatedrnn import GRU, LSTM, SequenceModel, Stack, files
from gatedrnn.checkpoint import Checkpoint, CheckpointError, rng_state, set_rng_state
from gatedrnn.data import Batch, FreshBatches, Minibatches
from gatedrnn.functional import squared_error
from gatedrnn.schedules import Cosine, Warmup
from gatedrnn.train import TrainConfig, fit
from gatedrnn.weights import save_weights

CONFIG = TrainConfig(
    epochs=4,
    learning_rate=0.01,
    patience=3,
    schedule=Warmup(5, then=Cosine(40)),
    progress=False,
)


class StopTraining(Exception):  # noqa: N818 - it is no error
    """What stops a training in these tests."""


def draw_data(seed=0):
    rng = np.random.default_rng(seed)
    xs = rng.standard_normal((6, 40, 2)).astype(np.float32)
    return xs, xs.sum(0)


def training(config=CONFIG, *, path=None, every=3, stop_at=None, seed=0, width=5, batch_size=8):
    """Train a small model with dropout on shuffled batches; return it and the history."""
    rng = np.random.default_rng(seed)
    stack = Stack(LSTM, 2, width, 2, dropout=0.2, rng=rng)
    model = SequenceModel(stack, 2, rng=rng, readout="last")
    data = draw_data()
    order = np.random.default_rng(seed + 1)
    batches = Minibatches(*data, batch_size=batch_size, rng=order)
    valid = Minibatches(*draw_data(7), batch_size=40)
    steps = 0

    def loss(out, targets):
        nonlocal steps
        steps += 1
        if steps == stop_at:
            raise StopTraining
        return squared_error(out, targets)

    checkpoint = None if path is None else Checkpoint(path, every=every)
    noise = np.random.default_rng(seed + 2)
    history = fit(model, batches, config, loss, valid=valid, rng=noise, checkpoint=checkpoint)
    return model, history


def assert_same(first, second):
    (model, history), (other, other_history) = first, second
    for name, value in model.params.items():
        np.testing.assert_array_equal(value, other.params[name])
    for name in ("train_loss", "valid_loss", "grad_norm", "best_epoch", "stopped_early"):
        assert getattr(history, name) == getattr(other_history, name), name
    assert len(history.seconds) == len(other_history.seconds)


def test_the_same_seeds_give_the_same_bits():
    assert_same(training(), training())


@pytest.mark.parametrize("stop_at", [1, 3, 4, 7, 13, 20])
@pytest.mark.parametrize("every", [1, 3, None])
def test_an_interrupted_training_ends_where_an_uninterrupted_one_does(tmp_path, stop_at, every):
    path = tmp_path / "run.safetensors"
    with pytest.raises(StopTraining):
        training(path=path, every=every, stop_at=stop_at)
    assert_same(training(path=path, every=every), training())


@dataclass(frozen=True)
class Reckless:
    """Reasonable for two epochs, then a hundred times too fast."""

    def __call__(self, step):
        return 1 if step < 10 else 100


@pytest.mark.parametrize("stop_at", [15, 18, 22])
def test_the_best_parameters_survive_the_interruption(tmp_path, stop_at):
    """Early stopping goes back to an epoch that was over before the interruption."""
    config = replace(CONFIG, schedule=Reckless(), patience=3, epochs=9)
    path = tmp_path / "run.safetensors"
    whole = training(config)
    assert whole[1].best_epoch == 1
    assert whole[1].stopped_early
    with pytest.raises(StopTraining):
        training(config, path=path, every=1, stop_at=stop_at)
    assert_same(training(config, path=path, every=1), whole)


def test_a_finished_training_is_not_repeated(tmp_path):
    path = tmp_path / "run.safetensors"
    first = training(path=path)
    content = path.read_bytes()
    assert_same(training(path=path, stop_at=1), first)  # not one step
    assert path.read_bytes() == content


def test_a_carried_state_is_carried_over_the_interruption(tmp_path):
    def run(path=None, stop_at=None, layers=2):
        rng = np.random.default_rng(3)
        cell = Stack(GRU, 1, 4, layers, rng=rng)
        model = SequenceModel(cell, 1, rng=rng)
        xs = np.sin(np.arange(60, dtype=np.float32)).reshape(6, 10, 1, 1)
        batches = [(piece, piece) for piece in xs]
        config = TrainConfig(epochs=2, carry_state=True, optimiser="sgd", progress=False)
        done = 0

        def loss(out, targets):
            nonlocal done
            done += 1
            if done == stop_at:
                raise StopTraining
            return squared_error(out, targets)

        checkpoint = None if path is None else Checkpoint(path, every=1)
        return model, fit(model, batches, config, loss, checkpoint=checkpoint)

    path = tmp_path / "run.safetensors"
    with pytest.raises(StopTraining):
        run(path, stop_at=5)
    assert_same(run(path), run())


def test_batches_without_a_generator_of_their_own_name_theirs(tmp_path):
    def run(path=None, stop_at=None):
        rng = np.random.default_rng(0)
        model = SequenceModel(GRU(1, 3, rng=rng), 1, rng=rng)
        source = np.random.default_rng(1)
        done = 0

        def draw():
            nonlocal done
            done += 1
            if done == stop_at:
                raise StopTraining
            xs = source.standard_normal((4, 5, 1)).astype(np.float32)
            return xs, xs

        checkpoint = None if path is None else Checkpoint(path, every=2, rngs=[source])
        config = TrainConfig(epochs=3, progress=False)
        batches = FreshBatches(draw, 5)
        return model, fit(model, batches, config, squared_error, checkpoint=checkpoint)

    path = tmp_path / "run.safetensors"
    with pytest.raises(StopTraining):
        run(path, stop_at=9)
    assert_same(run(path), run())


LONG = replace(CONFIG, epochs=40, patience=None)
TRAIN = "import sys, test_checkpoint as t; t.training(t.LONG, path=sys.argv[1], every=1)"


def start(path, code=TRAIN):
    """Start a process that trains; its number of threads is always the same."""
    environment = dict(os.environ, PYTHONPATH=str(Path(__file__).parent), OMP_NUM_THREADS="1")
    command = [sys.executable, "-c", code, str(path)]
    return subprocess.Popen(
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def test_killed_at_any_moment(tmp_path):
    """SIGKILL at random moments, also in the middle of writing, until the training is through."""
    path, whole = tmp_path / "run.safetensors", tmp_path / "whole.safetensors"
    rng = np.random.default_rng(0)
    kills = 0
    for _ in range(100):
        before = path.stat().st_mtime_ns if path.exists() else 0
        with start(path) as child:
            while child.poll() is None:  # until it has gone on
                if path.exists() and path.stat().st_mtime_ns != before:
                    break
                time.sleep(0.001)
            time.sleep(rng.uniform(0, 0.12))
            child.kill()
            _, errors = child.communicate()
        if child.returncode == 0:
            break
        assert child.returncode == -signal.SIGKILL, errors
        kills += 1
    assert child.returncode == 0
    assert kills >= 3
    with start(whole) as child:
        assert child.wait() == 0
    # Both are through: what comes back is what they wrote last.
    assert_same(training(LONG, path=path, stop_at=1), training(LONG, path=whole, stop_at=1))


@pytest.fixture
def written(tmp_path):
    """A checkpoint on its way, and its content."""
    path = tmp_path / "run.safetensors"
    with pytest.raises(StopTraining):
        training(path=path, stop_at=9)
    return path, path.read_bytes()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"config": replace(CONFIG, learning_rate=0.02)}, "expected learning_rate 0.02"),
        ({"config": replace(CONFIG, schedule=None)}, "expected schedule None"),
        ({"width": 6}, "it is of another model"),
        ({"batch_size": 10}, "expected length of an epoch 4 batches"),
    ],
)
def test_another_training_does_not_go_on_from_it(written, options, message):
    path, content = written
    with pytest.raises(CheckpointError, match=message):
        training(path=path, **options)
    assert path.read_bytes() == content


def test_other_generators_do_not_go_on_from_it(written):
    path, _ = written
    rng = np.random.default_rng(0)
    model = SequenceModel(Stack(LSTM, 2, 5, 2, rng=rng), 2, rng=rng, readout="last")
    batches = Minibatches(*draw_data(), batch_size=8)
    with pytest.raises(CheckpointError, match="as many generators"):
        fit(model, batches, CONFIG, squared_error, valid=batches, checkpoint=Checkpoint(path))


@pytest.mark.parametrize("kept", [0, 5, 100, -1])
def test_a_truncated_checkpoint_is_named(written, kept):
    path, content = written
    path.write_bytes(content[:kept])
    with pytest.raises(CheckpointError, match="damaged or of another kind") as caught:
        training(path=path)
    assert "\n" not in str(caught.value)


def test_weights_are_no_checkpoint(tmp_path):
    path = tmp_path / "run.safetensors"
    save_weights(path, {"W": np.zeros(3)})
    with pytest.raises(CheckpointError, match="expected the format"):
        training(path=path)


def no_space(descriptor):
    raise OSError(errno.ENOSPC, "No space left on device")


def test_a_full_disk_leaves_the_checkpoint_before(written, monkeypatch):
    path, content = written
    monkeypatch.setattr(files.os, "fsync", no_space)
    with pytest.raises(OSError, match="what was there before is intact") as caught:
        training(path=path)
    assert caught.value.errno == errno.ENOSPC
    assert path.read_bytes() == content
    assert os.listdir(path.parent) == [path.name]
    monkeypatch.undo()
    assert_same(training(path=path), training())


LIMITED = """
import resource, signal, sys, test_checkpoint as t
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))
try:
    t.training(path=sys.argv[1])
except OSError as error:
    print(error)
    sys.exit(3)
"""


def test_a_file_that_may_not_grow_leaves_the_checkpoint_before(written):
    path, content = written
    with start(path, LIMITED) as child:
        out, errors = child.communicate()
    assert child.returncode == 3, errors
    assert "could not be written" in out
    assert path.read_bytes() == content
    assert os.listdir(path.parent) == [path.name]


def test_a_folder_that_is_not_there_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match="could not be written"):
        training(path=tmp_path / "none" / "run.safetensors")


def test_a_folder_that_may_not_be_written_to(written, monkeypatch):
    path, content = written

    def refuse(name, mode="r", *_, **__):
        raise PermissionError(errno.EACCES, "Permission denied", str(name))

    monkeypatch.setattr(files, "open", refuse, raising=False)  # root may write anywhere
    with pytest.raises(PermissionError, match="could not be written"):
        training(path=path)
    assert path.read_bytes() == content


def test_what_a_killed_process_left_is_overwritten(written):
    path, _ = written
    (path.parent / f".{path.name}.partial").write_bytes(b"half")
    assert_same(training(path=path), training())
    assert os.listdir(path.parent) == [path.name]


def test_there_is_no_pickle_in_it(written):
    _, content = written
    length = int.from_bytes(content[:8], "little")
    header = json.loads(content[8 : 8 + length])
    facts = json.loads(header["__metadata__"]["facts"])
    assert facts["epoch"] == 1
    assert facts["batch"] == 1  # eight steps are done, six are written
    assert {entry["dtype"] for name, entry in header.items() if name != "__metadata__"} == {
        "F32",
        "F64",
    }


def test_dropout_and_batches_must_not_share_a_generator(tmp_path):
    rng = np.random.default_rng(0)
    model = SequenceModel(Stack(LSTM, 2, 5, 2, dropout=0.2, rng=rng), 2, rng=rng, readout="last")
    batches = Minibatches(*draw_data(), batch_size=8, rng=rng)
    with pytest.raises(ValueError, match="other than that of the batches"):
        fit(
            model, batches, replace(CONFIG, patience=None), squared_error, rng=rng,
            checkpoint=Checkpoint(tmp_path / "run.safetensors"),
        )  # fmt: skip


@pytest.mark.parametrize("kind", [np.random.PCG64, np.random.MT19937, np.random.Philox])
def test_generators_of_every_kind_go_on(kind):
    rng, other = np.random.Generator(kind(1)), np.random.Generator(kind(2))
    rng.standard_normal(7)
    state = json.loads(json.dumps(rng_state(rng)))
    expected = rng.standard_normal(5)
    set_rng_state(other, state)
    np.testing.assert_array_equal(other.standard_normal(5), expected)
    with pytest.raises(CheckpointError, match="expected a generator of the kind"):
        set_rng_state(np.random.Generator(np.random.SFC64(0)), state)


def test_batches_carry_lengths_through_training():
    rng = np.random.default_rng(0)
    xs = rng.standard_normal((6, 12, 2)).astype(np.float32)
    lengths = rng.integers(1, 7, 12)
    targets = np.array([xs[length - 1, n] for n, length in enumerate(lengths)])
    noisy = xs.copy()
    noisy[np.arange(6)[:, None] >= lengths] = 9

    def train(inputs):
        seeded = np.random.default_rng(1)
        model = SequenceModel(GRU(2, 4, rng=seeded), 2, rng=seeded, readout="last")
        batches = Minibatches(inputs, targets, lengths=lengths, batch_size=5)
        assert all(isinstance(batch, Batch) for batch in batches)
        config = TrainConfig(epochs=2, progress=False)
        return model, fit(model, batches, config, squared_error, valid=batches)

    assert_same(train(xs), train(noisy))
    with pytest.raises(ValueError, match="lengths: expected shape"):
        Minibatches(xs, targets, lengths=lengths[:3], batch_size=5)
