"""The study of spoken digits: no voice leaks, except where it should, and gradients are right."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from gatedrnn import GRU, LSTM
from gatedrnn.ctc import ctc_loss
from gatedrnn.study.tasks import make_problem
from gatedrnn.study.tasks.speech import (
    FrameWindow,
    digit_data,
    digit_model,
    template_baseline,
    voices_by_part,
)

SMALL = {"train_size": 56, "valid_size": 6, "test_size": 16}


@pytest.fixture(scope="module")
def digits():
    return digit_data("voice", *SMALL.values())


def test_voices_are_apart():
    parts = {part: set(voices) for part, voices in voices_by_part("voice").items()}
    assert not parts["train"] & parts["test"]
    assert not parts["valid"] & (parts["train"] | parts["test"])


def test_the_mistake_is_one_in_voices_alone():
    honest, leaky = voices_by_part("voice"), voices_by_part("clip")
    assert leaky["test"] == honest["test"]
    assert set(leaky["test"]) <= set(leaky["train"])
    assert len(set(leaky["train"])) == len(set(honest["train"])) == 28
    with pytest.raises(ValueError, match="split"):
        voices_by_part("speaker")


def test_both_splits_are_tested_on_the_same_clips(digits):
    leaky = digit_data("clip", *SMALL.values())
    assert leaky.clips["test"] == digits.clips["test"]
    assert not set(leaky.clips["train"]) & set(leaky.clips["test"])
    assert len(leaky.clips["train"]) == len(digits.clips["train"])


def test_the_scale_is_that_of_the_training_part(digits):
    assert_allclose(np.concatenate(digits.frames["train"]).std(0), 1, atol=1e-4)
    assert abs(np.concatenate(digits.frames["test"]).std(0) - 1).max() > 0.01


@pytest.mark.parametrize("window", [0, 2])
def test_a_window_sees_so_far_and_no_further(window):
    rng = np.random.default_rng(0)
    layer = FrameWindow(3, 5, window, rng=rng)
    xs = rng.normal(size=(9, 2, 3)).astype(np.float32)
    before = layer.forward(xs)[0]
    xs[4, 0] += 1
    changed = np.abs(layer.forward(xs)[0] - before).max(-1) > 0
    assert_array_equal(np.flatnonzero(changed[:, 0]), np.arange(4 - window, 5 + window))
    assert not changed[:, 1].any()


@pytest.mark.parametrize("options", [{}, {"window": 2}, {"bidirectional": False}])
def test_gradients_of_the_models(options):
    rng = np.random.default_rng(0)
    model = digit_model(GRU, 3, rng=rng, **options)
    xs = rng.normal(size=(7, 2, 20)).astype(np.float32)
    wanted = (np.array([[1, 1], [4, 0]]), np.array([2, 1]), np.array([7, 7]))
    out, _, tape = model.forward(xs)
    grads = model.backward(ctc_loss(out, *wanted)[1], tape)
    assert set(grads) == set(model.params)
    name = "cell.W" if "window" in options else "readout.W"
    array = model.params[name]
    for index in [(0, 0), (2, 1)]:
        losses = []
        for sign in (1, -1):
            old = array[index]
            array[index] = old + sign * 1e-2
            losses.append(ctc_loss(model.forward(xs)[0].astype(float), *wanted)[0])
            array[index] = old
        assert_allclose(grads[name][index], (losses[0] - losses[1]) / 2e-2, rtol=0.02, atol=1e-4)


def test_score_and_details_agree(digits):
    problem = make_problem("speech", 0, SMALL)
    model = problem.build(LSTM, 4, rng=np.random.default_rng(0))
    score, details = problem.score(model, problem.test), problem.details(model, problem.test)
    sizes = dict.fromkeys(details["by_voice"], 0)
    for clip in digits.clips["test"]:
        sizes[clip.voice] += len(clip.digits)
    edits = sum(rate * sizes[voice] for voice, rate in details["by_voice"].items())
    assert_allclose(edits / sum(sizes.values()), score, atol=1e-3)
    assert set(sizes) == set(voices_by_part("voice")["test"])


def test_a_silent_network_misses_everything():
    problem = make_problem("speech", 0, SMALL)
    model = problem.build(LSTM, 4, rng=np.random.default_rng(0))
    model.params["readout.b"][0] = 100
    assert problem.score(model, problem.test) == problem.baselines()["say nothing"] == 1
    assert all(edit.endswith(">") for edit in problem.details(model, problem.test)["confused"])


def test_templates_are_training_clips(digits):
    templates, rate = template_baseline(digits)
    alone = [clip for clip in digits.clips["train"] if len(clip.digits) == 1]
    assert_array_equal(templates.labels, [clip.labels[0] for clip in alone])
    assert 0 < rate < 1
