"""The chorales: what they are, how they were made, and the baselines recomputed key by key."""

import io
import math
import os
import zipfile
from collections import Counter
from itertools import pairwise
from xml.etree import ElementTree

import numpy as np
import pytest

from gatedrnn.data import (
    DataFileError,
    Minibatches,
    MissingPackageError,
    PackageFile,
    bach_chorales,
    chorales,
    chorales_source,
    independent_keys,
    last_step_keys,
    next_step_batch,
)


@pytest.fixture(scope="module")
def data():
    return bach_chorales()


def all_of(data):
    return data.train + data.valid + data.test


def keys(step):
    """MIDI numbers of what sounds."""
    return (np.flatnonzero(step) + 21).tolist()


def test_counts_and_range(data):
    assert [len(data.train), len(data.valid), len(data.test)] == [213, 70, 70]
    assert [sum(map(len, part)) for part in (data.train, data.valid, data.test)] == [
        11957,
        3616,
        3681,
    ]
    for roll in all_of(data):
        assert roll.dtype == np.uint8
        assert roll.shape == (len(roll), 88)
        assert set(np.unique(roll)) == {0, 1}
        assert roll.sum(1).max() <= 4
        assert roll[0].any()
        assert roll[-1].any()
    sounding = keys(np.any(np.concatenate(all_of(data)), axis=0))
    assert (sounding[0], sounding[-1]) == (36, 81)  # from a bass's C to a soprano's a


def test_titles_are_one_per_roll_and_the_split_is_disjoint(data):
    titles = data.titles["train"] + data.titles["valid"] + data.titles["test"]
    assert [len(data.titles[part]) for part in ("train", "valid", "test")] == [213, 70, 70]
    assert len(set(titles)) == 353
    assert all(title.startswith("BWV ") for title in titles)


def test_a_known_chorale(data):
    """BWV 269, "Aus meines Herzens Grunde", in G: read off the score.

    The soprano sings g' | g' (two beats) d'' | b' (a beat and a half) a' (half a beat) g'. The a'
    is between two beats and not seen.
    """
    titles = data.titles["train"] + data.titles["valid"] + data.titles["test"]
    roll = all_of(data)[titles.index("BWV 269")]
    assert keys(roll[0]) == [43, 59, 62, 67]  # G, b, d', g'
    assert [keys(step)[-1] for step in roll[:7]] == [67, 67, 67, 74, 71, 71, 67]
    assert [keys(step)[0] for step in roll[:7]] == [43, 55, 52, 54, 55, 50, 52]


def test_no_passage_is_shared_by_much_across_parts(data):
    """Measured apart from the code that selected: by intervals, counted with repetitions."""

    def passages(roll):
        chords = [tuple(keys(step)) for step in roll]
        found = Counter()
        for start in range(len(chords) - 3):
            passage = chords[start : start + 4]
            lowest = min((key for chord in passage for key in chord), default=0)
            found[tuple(tuple(key - lowest for key in chord) for chord in passage)] += 1
        return found

    train = [passages(roll) for roll in data.train]
    valid = [passages(roll) for roll in data.valid]
    test = [passages(roll) for roll in data.test]
    for held_out, others in ((valid, train), (test, train), (test, valid)):
        for one in held_out:
            for two in others:
                assert len(one.keys() & two.keys()) < min(len(one), len(two)) / 2


def test_overlap_knows_transposed_and_shifted_copies(data):
    roll = data.train[0]
    assert chorales_source.overlap(roll, roll) == 1
    assert chorales_source.overlap(np.roll(roll, 5, axis=1)[3:], roll) == 1
    assert chorales_source.overlap(roll, data.train[1]) < 0.1


def test_of_near_duplicates_the_first_stays(data):
    one, two = data.train[:2]
    copies = {"c": (np.roll(one, 2, axis=1), 0), "a": (one, 0), "b": (two, 0)}
    assert chorales_source.select(copies) == ["a", "b"]


def test_a_common_key_moves_every_chorale_as_a_whole(data):
    moved = bach_chorales(common_key=True)
    assert moved.titles == data.titles
    tonics = Counter()
    for before, after in zip(all_of(data), all_of(moved), strict=True):
        shift = keys(after[0])[0] - keys(before[0])[0]
        assert -5 <= shift <= 6
        np.testing.assert_array_equal(np.roll(before, shift, axis=1), after)
        tonics[keys(after[-1])[0] % 12] += 1
    # Most chorales end on their tonic; in their own keys the commonest last bass has a quarter.
    assert tonics[0] > 0.75 * tonics.total()


NOTE = "<note>{chord}<pitch><step>{step}</step><octave>4</octave></pitch>{duration}</note>"
REST = "<note><rest/><duration>{}</duration></note>"


def note(step, duration, chord=False):
    duration = f"<duration>{duration}</duration>" if duration else ""
    return NOTE.format(step=step, chord="<chord/>" * chord, duration=duration)


def score(*measures):
    inside = "".join(f"<measure>{measure}</measure>" for measure in measures)
    return ElementTree.fromstring(f"<score-partwise><part>{inside}</part></score-partwise>")


def test_the_reader_knows_divisions_chords_voices_and_grace_notes():
    roll = chorales_source.piano_roll(
        score(
            "<attributes><divisions>2</divisions></attributes>"
            + REST.format(2)  # silence at the beginning is cut off
            + note("C", 3)  # at quarters 1 and 2
            + note("E", 3, chord=True)
            + note("F", 1)  # between two beats
            + note("D", 0)  # a grace note
            + note("G", 2)
            + "<backup><duration>4</duration></backup>"
            + "<forward><duration>2</duration></forward>"
            + note("A", 2),
            "<attributes><divisions>1</divisions></attributes>" + REST.format(1) + note("B", 1),
        )
    )
    assert [keys(step) for step in roll] == [[60, 64], [60, 64], [67, 69], [], [71]]


def test_the_reader_knows_accidentals():
    sharp = "<note><pitch><step>C</step><alter>1</alter><octave>3</octave></pitch>"
    flat = "<note><pitch><step>C</step><alter>-1</alter><octave>3</octave></pitch>"
    rest = "<duration>1</duration></note>"
    roll = chorales_source.piano_roll(score(sharp + rest + flat + rest))
    assert [keys(step) for step in roll] == [[49], [47]]


def test_a_score_without_notes_or_beyond_a_piano_is_refused():
    with pytest.raises(DataFileError, match="expected notes that sound on a beat, got none"):
        chorales_source.piano_roll(score(REST.format(4)))
    high = note("C", 4).replace("<octave>4", "<octave>9")
    with pytest.raises(DataFileError, match="expected notes of a piano, 21 to 108, got 120"):
        chorales_source.piano_roll(score(high))


def require_music21():
    try:
        return chorales_source.MUSIC21.locate()
    except MissingPackageError as error:
        if os.environ.get("CI"):
            pytest.fail(f"CI must have music21. {error}", pytrace=False)
        pytest.skip(str(error))


def test_the_file_is_rebuilt_to_the_byte():
    require_music21()
    assert chorales_source.build() == chorales.CHORALES.read()


def test_other_scores_are_refused(tmp_path, monkeypatch):
    content = require_music21().read_bytes()
    folder = tmp_path / "music22" / "corpus" / "bach"
    folder.mkdir(parents=True)
    (tmp_path / "music22" / "__init__.py").touch()
    (folder / "bwv66.6.mxl").write_bytes(content)
    monkeypatch.syspath_prepend(tmp_path)
    other = PackageFile("music22", "corpus/bach/bwv66.6.mxl", "music22==1", "")
    monkeypatch.setattr(chorales_source, "MUSIC21", other)
    with pytest.raises(DataFileError, match=r"expected scores with digest .*\(1 files\)"):
        chorales_source.build()


def test_a_missing_source_is_named_with_the_command(monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(MissingPackageError, match=r"pip install music21==10\.5\.1"):
        chorales_source.build()


def test_the_file_bears_no_date_and_is_not_compressed():
    with zipfile.ZipFile(io.BytesIO(chorales.CHORALES.read())) as archive:
        for entry in archive.infolist():
            assert entry.date_time == (1980, 1, 1, 0, 0, 0)
            assert entry.compress_type == zipfile.ZIP_STORED


def test_a_corrupted_file_is_refused(tmp_path, monkeypatch):
    content = bytearray(chorales.CHORALES.read())
    content[50_000] ^= 1
    package = tmp_path / "spoilt"
    package.mkdir()
    (package / "__init__.py").touch()
    (package / "chorales.npz").write_bytes(content)
    monkeypatch.syspath_prepend(tmp_path)
    spoilt = PackageFile("spoilt", "chorales.npz", "gatedrnn", chorales.CHORALES.sha256)
    monkeypatch.setattr(chorales, "CHORALES", spoilt)
    with pytest.raises(DataFileError, match=r"spoilt: expected chorales\.npz with sha256"):
        bach_chorales()


def test_a_batch_holds_every_step_and_the_one_after_it(data):
    rolls = data.train[:5]
    batch = next_step_batch(rolls)
    longest = max(map(len, rolls)) - 1
    assert batch.inputs.shape == batch.targets.shape == (longest, 5, 88)
    assert batch.inputs.dtype == batch.targets.dtype == np.float32
    assert batch.weight == sum(len(roll) - 1 for roll in rolls) == batch.lengths.sum()
    for n, roll in enumerate(rolls):
        for t in range(longest):
            inside = t + 1 < len(roll)
            assert batch.mask[t, n] == inside
            assert keys(batch.inputs[t, n]) == (keys(roll[t]) if inside else [])
            assert keys(batch.targets[t, n]) == (keys(roll[t + 1]) if inside else [])
    (some, rest) = Minibatches(
        batch.inputs, batch.targets, batch.mask, batch_size=3, target_axis=1, lengths=batch.lengths
    )
    assert some.inputs.shape == (longest, 3, 88)
    assert rest.weight + some.weight == batch.weight


def brute_force(train, rolls, look_back):
    """One key and one step after another, with dictionaries."""
    seen, sounded = Counter(), Counter()
    for roll in train:
        for before, after in pairwise(roll):
            for key in range(88):
                context = key, bool(before[key]) and look_back
                seen[context] += 1
                sounded[context] += int(after[key])
    losses = []
    for roll in rolls:
        for before, after in pairwise(roll):
            loss = 0
            for key in range(88):
                context = key, bool(before[key]) and look_back
                p = (sounded[context] + 0.5) / (seen[context] + 1)
                loss -= math.log(p if after[key] else 1 - p)
            losses.append(loss)
    return math.fsum(losses) / len(losses)


@pytest.mark.parametrize(
    ("baseline", "look_back"), [(independent_keys, False), (last_step_keys, True)]
)
def test_baselines_by_brute_force(data, baseline, look_back):
    train, rolls = data.train[:6], data.test[:3]
    expected = brute_force(train, rolls, look_back)
    assert baseline(train, rolls) == pytest.approx(expected, rel=1e-12)


def test_baselines_are_of_the_published_scale(data):
    """Chung et al. (2014) and Bai et al. (2018) report 8.4 to 9.1 for networks; these know less."""
    assert independent_keys(data.train, data.test) == pytest.approx(11.50, abs=0.01)
    assert last_step_keys(data.train, data.test) == pytest.approx(10.76, abs=0.01)


@pytest.mark.parametrize(
    ("rolls", "message"),
    [
        ([], "rolls: expected at least one, got none"),
        ([np.zeros((1, 88))], r"with at least 2 steps, got \(1, 88\) at 0"),
        ([np.zeros((9, 88)), np.zeros((9, 87))], r"expected shape \(T, 88\).*\(9, 87\) at 1"),
    ],
)
@pytest.mark.parametrize(
    "call", [next_step_batch, lambda rolls: independent_keys([np.zeros((2, 88))], rolls)]
)
def test_bad_rolls_are_named(call, rolls, message):
    with pytest.raises(ValueError, match=message):
        call(rolls)
