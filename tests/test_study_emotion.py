"""The task of the six prosodies: no voice and no sentence of the test part is ever learnt from."""

import numpy as np
import pytest

from gatedrnn.data import Recording
from gatedrnn.study.tasks.emotion import (
    TEST_ACTORS,
    clip_features,
    known_and_test,
    normalised_by_speaker,
    scaled_by,
    train_and_valid,
)

NAMES = [
    f"03-01-{emotion:02}-01-{statement:02}-{take:02}-{actor:02}.wav"
    for actor in range(1, 25)
    for emotion in range(1, 7)
    for statement in (1, 2)
    for take in (1, 2)
]
CLIPS = [Recording.named(name) for name in NAMES]


def of(indices, field):
    return {getattr(CLIPS[n], field) for n in indices}


def three_parts(split, seed=0):
    known, test = known_and_test(CLIPS, split)
    return *train_and_valid(CLIPS, known, split, np.random.default_rng(seed)), test


def test_by_voice_nothing_is_shared():
    train, valid, test = three_parts("voice")
    assert of(test, "actor") == set(TEST_ACTORS)
    assert len(of(valid, "actor")) == 4
    assert not of(train, "actor") & of(valid, "actor")
    assert not (of(train, "actor") | of(valid, "actor")) & of(test, "actor")
    assert (of(train, "statement"), of(valid, "statement"), of(test, "statement")) == (
        {1},
        {2},
        {2},
    )


def test_by_clip_there_are_as_many_and_they_share_voices():
    by_voice, by_clip = three_parts("voice"), three_parts("clip")
    assert [len(part) for part in by_clip] == [len(part) for part in by_voice]
    assert len(set(np.concatenate(by_clip))) == sum(map(len, by_clip))
    assert len(of(by_clip[0], "actor") & of(by_clip[2], "actor")) > 20
    with pytest.raises(ValueError, match="split"):
        known_and_test(CLIPS, "chance")


@pytest.mark.parametrize("split", ["voice", "clip"])
def test_seeds_differ_in_what_is_held_out_and_not_in_the_test(split):
    one, two = three_parts(split, 0), three_parts(split, 1)
    assert set(one[1]) != set(two[1])
    np.testing.assert_array_equal(one[2], two[2])


def tracks(count, rng, shift=0.0):
    """Features whose pitch is 0 in every third frame."""
    made = []
    for _ in range(count):
        one = rng.standard_normal((30, 22)) + shift
        one[::3, 20] = 0
        made.append(one)
    return made


def test_scaling_leaves_frames_without_voice_at_zero():
    made = tracks(5, np.random.default_rng(0), shift=4.0)
    scale = scaled_by(made)
    frames = np.concatenate([scale(one) for one in made])
    np.testing.assert_allclose(np.delete(frames, 20, 1).mean(0), 0, atol=1e-5)
    np.testing.assert_allclose(np.delete(frames, 20, 1).std(0), 1, atol=1e-5)
    voiced = frames[:, 20] != 0
    assert voiced.mean() == pytest.approx(2 / 3)
    assert frames[voiced, 20].mean() == pytest.approx(0, abs=1e-5)


def test_normalising_takes_the_speaker_away():
    rng = np.random.default_rng(0)
    features = tracks(4, rng) + tracks(4, rng, shift=3.0)
    clips = [Recording.named(f"03-01-05-01-01-01-{a:02}.wav") for a in [1] * 4 + [2] * 4]
    before, after = features, normalised_by_speaker(clips, features)
    gap = [np.mean([x[:, 0].mean() for x in some[4:]]) for some in (before, after)]
    assert gap[0] > 2.5
    assert abs(gap[1]) < 1e-5


def test_clip_features():
    one = np.arange(12.0).reshape(4, 3)
    found = clip_features([one, one[:2]])
    np.testing.assert_allclose(found[0], [4.5, 5.5, 6.5, *one.std(0), np.log(4)])
    assert found.shape == (2, 7)
