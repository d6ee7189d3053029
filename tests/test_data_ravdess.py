"""RAVDESS-like folders: names, sounds of every kind, splits by voice, and what is put in them."""

import ctypes
import io
import struct
import sys
import wave

import numpy as np
import pytest

from gatedrnn.data import (
    EMOTIONS,
    DataFileError,
    Recording,
    pitch_track,
    prosody,
    read_ravdess,
    read_wav,
    split_by_actor,
)
from gatedrnn.data.prosody import PROSODIES, VOICES, say, write_prosodies

EXAMPLE = "03-01-05-01-02-01-12.wav"
TONE = 0.5 * np.sin(2 * np.pi * 200 * np.arange(8000) / 16_000)


def write(path, *, width=2, rate=16_000, channels=1, samples=TONE):
    """Write samples from -1 to 1 as Python's own `wave` stores them."""
    path.parent.mkdir(parents=True, exist_ok=True)
    scaled = np.round(np.asarray(samples) * (2 ** (8 * width - 1) - 1)).astype(int)
    scaled = np.repeat(scaled[:, None], channels, axis=1).ravel()
    if width == 1:
        content = (scaled + 128).astype(np.uint8).tobytes()
    else:
        content = b"".join(int(s).to_bytes(width, "little", signed=True) for s in scaled)
    with wave.open(str(path), "wb") as writer:
        writer.setnchannels(channels)
        writer.setsampwidth(width)
        writer.setframerate(rate)
        writer.writeframes(content)


def test_a_name_is_read_as_its_authors_explain_it():
    one = Recording.named("somewhere/" + EXAMPLE)
    assert (one.channel, one.emotion, one.intensity) == ("speech", "angry", "normal")
    assert (one.statement, one.repetition, one.actor) == (2, 1, 12)
    assert one.name == EXAMPLE


def test_every_name_comes_back():
    for emotion in EMOTIONS:
        one = Recording.named(f"03-02-{EMOTIONS.index(emotion) + 1:02}-01-01-02-24.wav")
        assert (one.emotion, one.channel, one.actor) == (emotion, "song", 24)
        assert Recording.named(one.name) == Recording(one.path, *list(vars(one).values())[1:])


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("anger.wav", "seven numbers"),
        ("03-01-05-01-02-01.wav", "seven numbers"),
        ("3-1-5-1-2-1-12.wav", "seven numbers"),
        ("03-01-05-01-02-01-12-01.wav", "seven numbers"),
        ("03-01-05-01-02-01-12.mp4", "seven numbers"),
        ("04-01-05-01-02-01-12.wav", "01 to 03 for the modality"),
        ("03-03-05-01-02-01-12.wav", "for the channel"),
        ("03-01-09-01-02-01-12.wav", "01 to 08 for the emotion, got 09"),
        ("03-01-05-00-02-01-12.wav", "for the intensity"),
        ("03-01-05-01-03-01-12.wav", "for the statement"),
        ("03-01-05-01-02-03-12.wav", "for the repetition"),
        ("03-01-05-01-02-01-25.wav", "for the actor"),
        ("03-01-01-02-02-01-12.wav", "normal intensity with neutral"),
    ],
)
def test_other_names_are_refused(name, words):
    with pytest.raises(DataFileError, match=words):
        Recording.named(name)


def test_a_folder_is_read(tmp_path):
    for name in ("03-01-03-01-01-01-02.wav", "03-01-03-01-02-01-02.wav"):
        write(tmp_path / "Actor_02" / name)
    write(tmp_path / "Actor_01" / "03-01-01-01-01-01-01.wav")
    write(tmp_path / "Actor_01" / "03-02-01-01-01-01-01.wav")  # sung
    (tmp_path / "readme.txt").write_text("not a sound")
    found = read_ravdess(tmp_path)
    assert [one.path.name for one in found] == [
        "03-01-01-01-01-01-01.wav",
        "03-01-03-01-01-01-02.wav",
        "03-01-03-01-02-01-02.wav",
    ]
    assert [one.path.name for one in read_ravdess(tmp_path, channel="song")] == [
        "03-02-01-01-01-01-01.wav"
    ]
    np.testing.assert_allclose(found[0].samples(16_000), TONE, atol=1e-4)


def test_a_clip_that_is_there_twice_counts_once(tmp_path):
    for folder in ("Actor_12", "copy/Actor_12"):
        write(tmp_path / folder / EXAMPLE)
    assert len(read_ravdess(tmp_path)) == 1


def test_folders_that_are_not_such(tmp_path):
    with pytest.raises(DataFileError, match="expected a folder"):
        read_ravdess(tmp_path / "none")
    with pytest.raises(DataFileError, match="expected clips of speech"):
        read_ravdess(tmp_path)
    with pytest.raises(ValueError, match="channel"):
        read_ravdess(tmp_path, channel="whisper")
    write(tmp_path / "Actor_12" / EXAMPLE)
    with pytest.raises(DataFileError, match="expected clips of song"):
        read_ravdess(tmp_path, channel="song")
    write(tmp_path / "Actor_11" / EXAMPLE)
    with pytest.raises(DataFileError, match="Actor_11/03-01-05-01-02-01-12.wav.* actor 12"):
        read_ravdess(tmp_path)
    write(tmp_path / "noise.wav")
    with pytest.raises(DataFileError, match="seven numbers|of that actor"):
        read_ravdess(tmp_path)


@pytest.mark.parametrize("width", [1, 2, 3, 4])
@pytest.mark.parametrize("channels", [1, 2])
def test_every_width_and_channel_gives_the_same_sound(tmp_path, width, channels):
    write(tmp_path / "x.wav", width=width, channels=channels)
    samples = read_wav(tmp_path / "x.wav")
    assert samples.dtype == np.float32
    np.testing.assert_allclose(samples, TONE, atol=1.1 / 2 ** (8 * min(width, 3) - 1))


@pytest.mark.parametrize("rate", [8_000, 22_050, 48_000])
def test_every_rate_gives_the_same_sound(tmp_path, rate):
    tone = 0.5 * np.sin(2 * np.pi * 200 * np.arange(rate // 2) / rate)
    write(tmp_path / "x.wav", rate=rate, samples=tone)
    samples = read_wav(tmp_path / "x.wav", 16_000)
    assert len(samples) == 8_000
    inner = slice(500, -500)  # resampling has nothing beyond the ends to go by
    np.testing.assert_allclose(samples[inner], TONE[inner], atol=0.01)


def test_stereo_is_averaged(tmp_path):
    frames = np.stack([TONE, np.zeros_like(TONE)], axis=1)
    content = (frames * 32_767).round().astype("<i2").tobytes()
    with wave.open(str(tmp_path / "x.wav"), "wb") as writer:
        writer.setparams((2, 2, 16_000, 0, "NONE", ""))
        writer.writeframes(content)
    np.testing.assert_allclose(read_wav(tmp_path / "x.wav"), TONE / 2, atol=1e-4)


def test_odd_files_are_refused(tmp_path):
    with pytest.raises(DataFileError, match="expected a file"):
        read_wav(tmp_path / "none.wav")
    (tmp_path / "text.wav").write_text("RIFFRAFF is not a sound")
    (tmp_path / "empty.wav").write_bytes(b"")
    buffer = io.BytesIO()
    with wave.open(buffer, "wb") as writer:
        writer.setparams((1, 2, 16_000, 0, "NONE", ""))
        writer.writeframes(b"")
    (tmp_path / "silent.wav").write_bytes(buffer.getvalue())
    header = struct.pack("<4sI4s4sIHHIIHH", b"RIFF", 36, b"WAVE", b"fmt ", 16, 99, 1, 8, 8, 1, 8)
    (tmp_path / "coded.wav").write_bytes(header)
    for name in ("text", "empty", "silent", "coded"):
        with pytest.raises(DataFileError, match=f"{name}.wav: expected"):
            read_wav(tmp_path / f"{name}.wav")


def clips(actors):
    return [
        Recording.named(f"03-01-05-01-{statement:02}-01-{actor:02}.wav")
        for actor in actors
        for statement in (1, 2)
    ]


def test_no_voice_is_in_two_parts():
    train, valid, test = split_by_actor(clips(range(1, 7)), valid=[2], test={5, 6})
    voices = [{one.actor for one in part} for part in (train, valid, test)]
    assert voices == [{1, 3, 4}, {2}, {5, 6}]
    assert [len(part) for part in (train, valid, test)] == [6, 2, 4]


@pytest.mark.parametrize(
    ("valid", "test", "words"),
    [
        ([2], [2, 3], "in both"),
        ([2], [7], "without a clip"),
        ([], [3], "some left"),
        ([1, 2], [3], "some left"),
    ],
)
def test_splits_that_make_no_sense(valid, test, words):
    with pytest.raises(ValueError, match=words):
        split_by_actor(clips((1, 2, 3)), valid=valid, test=test)


@pytest.mark.parametrize("rate", [16_000, 22_050])
@pytest.mark.parametrize("hertz", [75, 130, 240, 420])
def test_the_pitch_of_a_buzz_is_found(rate, hertz):
    t = np.arange(rate // 4) / rate
    buzz = sum(np.sin(2 * np.pi * hertz * k * t) / k for k in range(1, 8)) / 5
    track = pitch_track(buzz, rate)
    assert track.shape == (1 + (len(buzz) - round(0.04 * rate)) // round(0.03 * rate), 2)
    np.testing.assert_allclose(100 * 2 ** track[:, 0], hertz, rtol=0.02)
    assert (track[:, 1] > 0.9).all()


def test_noise_and_silence_have_no_pitch():
    noise = 0.1 * np.random.default_rng(0).standard_normal(16_000)
    assert (pitch_track(noise, 16_000)[:, 0] == 0).mean() > 0.9
    assert not pitch_track(np.zeros(16_000), 16_000).any()
    with pytest.raises(ValueError, match="at least a frame"):
        pitch_track(noise[:100], 16_000)
    with pytest.raises(ValueError, match="two periods"):
        pitch_track(noise, 16_000, low=20)


def test_voices_differ_and_prosodies_are_what_they_are_called():
    assert len(set(VOICES)) == 24
    even = PROSODIES["neutral"]
    assert PROSODIES["sad"].rate < even.rate < PROSODIES["fearful"].rate
    assert PROSODIES["sad"].pitch_range < even.pitch_range < PROSODIES["happy"].pitch_range
    assert PROSODIES["calm"].volume < even.volume < PROSODIES["angry"].volume
    slow, fast = (
        np.mean([len(say(Recording.named(f"03-01-{code}-02-01-01-{a:02}.wav"))) for a in (1, 2, 3)])
        for code in ("04", "06")
    )
    assert slow > 1.3 * fast
    with pytest.raises(ValueError, match="emotion"):
        say(Recording.named("03-01-08-01-01-01-01.wav"))


def test_what_is_written_can_be_read(tmp_path, monkeypatch):
    monkeypatch.setattr(prosody, "NUM_ACTORS", 2)
    written = write_prosodies(tmp_path, progress=False)
    assert len(written) == 2 * 11 * 2 * 2
    found = read_ravdess(tmp_path)
    assert {one.path for one in found} == {one.path for one in written}
    assert {one.emotion for one in found} == set(PROSODIES)
    samples = found[5].samples(22_050)
    np.testing.assert_allclose(samples, say(found[5]), atol=1e-3)
    assert not np.array_equal(say(found[5], seed=1), say(found[5]))


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="needs the C library by name")
def test_no_voice_depends_on_what_the_process_did_before():
    """Some of the synthesiser's voices make their noise with the C library's own generator."""
    libc = ctypes.CDLL(None)
    for actor in range(1, 25):
        one = Recording.named(f"03-01-04-01-02-01-{actor:02}.wav")
        libc.srand(1)
        first = say(one)
        libc.srand(777)
        np.testing.assert_array_equal(say(one), first, err_msg=VOICES[actor - 1])
