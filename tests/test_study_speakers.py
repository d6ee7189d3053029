"""The task of the nine speakers: parts that share nothing, and a score at each one's own end."""

import numpy as np
import pytest

from gatedrnn.data import Batch
from gatedrnn.study.tasks import make_problem
from gatedrnn.study.tasks.speakers import accuracy_at_end


def utterances(batch):
    """Every utterance of a batch as bytes, without the padding."""
    lengths = batch.lengths if batch.lengths is not None else batch.mask.sum(0).astype(int)
    return {batch.inputs[:length, n].tobytes() for n, length in enumerate(lengths)}


@pytest.mark.parametrize("settings", [{}, {"every_frame": True}])
def test_parts_are_disjoint_and_complete(settings):
    problem = make_problem("speakers", 3, settings)
    train = set().union(*map(utterances, problem.train))
    valid, test = utterances(problem.valid[0]), utterances(problem.test[0])
    assert (len(train), len(valid), len(test)) == (216, 54, 370)
    assert len(train | valid | test) == 640
    speakers = problem.valid[0].targets
    speakers = speakers if speakers.ndim == 1 else speakers[0]
    assert np.bincount(speakers).tolist() == [6] * 9


def test_the_validation_part_is_drawn_anew():
    one, two = (utterances(make_problem("speakers", s, {}).valid[0]) for s in (0, 1))
    assert 0 < len(one & two) < 54


def test_ignored_lengths_are_gone():
    problem = make_problem("speakers", 0, {"use_lengths": False})
    assert problem.test[0].lengths is None
    assert Batch.of(next(iter(problem.train))).lengths is None


class Echo:
    """Answers with the class that the input's first feature says."""

    def forward(self, xs, state=None, lengths=None):
        out = np.eye(9)[xs[..., 0].astype(int)]
        if lengths is not None and self.last:
            out = out[lengths - 1, np.arange(len(lengths))]
        return out, None, None


@pytest.mark.parametrize("every_frame", [False, True])
def test_the_score_is_that_of_the_last_frame(every_frame):
    xs = np.zeros((4, 3, 1))
    xs[1, 0], xs[3, 1], xs[:, 2] = 5, 5, 7  # the first one's last frame is 1, the others' is 3
    lengths, targets = np.array([2, 4, 4]), np.array([5, 5, 5])
    model = Echo()
    model.last = not every_frame
    if every_frame:
        mask = (np.arange(4)[:, None] < lengths).astype(np.float32)
        batch = Batch(xs, np.tile(targets, (4, 1)), mask, lengths)
    else:
        batch = Batch(xs, targets, lengths=lengths)
    assert accuracy_at_end(model, [batch]) == pytest.approx(2 / 3)


def test_baselines():
    found = make_problem("speakers", 0, {}).baselines()
    assert found["most frequent speaker"] == 88 / 370
    assert found["1-NN, DTW"] == pytest.approx(0.949, abs=5e-4)  # the archive's figure
    assert found["1-NN, mean frame"] == pytest.approx(0.938, abs=0.005)
    assert found["logistic, 10 frames"] > found["logistic, mean and deviation"] > 0.95
