"""Synthesised speech: the same samples always, clear errors, features that mean what they say."""

import hashlib
import importlib.util
import io
import subprocess
import sys
import wave

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from gatedrnn import data
from gatedrnn.data import DigitClip, MissingPackageError, audio_features, spoken_digits
from gatedrnn.data import speech as module
from gatedrnn.data.audio_features import add_noise, deltas, from_mel, log_mel, mel_filters, to_mel

HELLO = {"text": "three seven", "voice": "en-gb-scotland+f2", "rate": 200, "pitch": 60}


def spoken():
    return data.synthesise(**HELLO)[0]


def test_speech_is_sound():
    samples, sample_rate = data.synthesise("one two three")
    assert sample_rate == 22_050
    assert samples.dtype == np.float32
    assert 0.6 < len(samples) / sample_rate < 1.5
    assert 0.1 < np.abs(samples).max() <= 1


def test_the_same_samples_whatever_was_said_before():
    first = spoken()
    data.synthesise("something long with a whisper", voice="en-us+whisper", rate=90)
    assert_array_equal(spoken(), first)


def test_the_same_samples_in_other_processes():
    code = (
        "import hashlib; from gatedrnn.data import synthesise; "
        f"print(hashlib.sha256(synthesise(**{HELLO!r})[0].tobytes()).hexdigest())"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, text=True)
    assert found.stdout.strip() == hashlib.sha256(spoken().tobytes()).hexdigest()


@pytest.mark.parametrize(
    "change",
    [{"text": "three six"}, {"voice": "en-us+f2"}, {"voice": "en-gb-scotland+m1"}, {"rate": 150},
     {"pitch": 20}, {"pitch_range": 5}, {"volume": 40}],
)  # fmt: skip
def test_every_argument_matters(change):
    other, one = data.synthesise(**(HELLO | change))[0], spoken()
    assert len(other) != len(one) or np.abs(other - one).max() > 0.01


def test_faster_is_shorter_and_louder_is_louder():
    sizes = [len(data.synthesise("four five six", rate=rate)[0]) for rate in (100, 175, 300)]
    assert sizes[0] > 1.3 * sizes[1] > 1.6 * sizes[2]
    quiet, loud = (data.synthesise("four", volume=v)[0].std() for v in (30, 90))
    assert_allclose(loud / quiet, 3, rtol=0.05)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"text": ""}, "text"),
        ({"text": " \n"}, "text"),
        ({"text": 3}, "text"),
        ({"text": "a\0b"}, "text"),
        ({"text": "one", "voice": "no-such"}, "voice"),
        ({"text": "one", "voice": "en-us+nobody"}, "speaker_variants"),
        ({"text": "one", "rate": 79}, "rate"),
        ({"text": "one", "rate": 451}, "rate"),
        ({"text": "one", "pitch": 50.0}, "pitch"),
        ({"text": "one", "pitch_range": 100}, "pitch_range"),
        ({"text": "one", "volume": -1}, "volume"),
    ],
)
def test_what_cannot_be_said(arguments, message):
    before = spoken()
    with pytest.raises(ValueError, match=message):
        data.synthesise(**arguments)
    assert_array_equal(spoken(), before)


def test_a_missing_package_says_how_to_get_it(monkeypatch):
    module._data_folder.cache_clear()
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(MissingPackageError, match=r"pip install espeakng-loader==0\.2\.4"):
        data.synthesise("one")


def test_another_version_is_refused(monkeypatch):
    monkeypatch.setattr(module, "VERSION", "1.51")
    with pytest.raises(data.DataFileError, match=r"eSpeak NG 1\.51"):
        data.synthesise("one")


def test_a_tone_is_in_its_band():
    tone = np.sin(2 * np.pi * 1000 * np.arange(8000) / 16_000).astype(np.float32)
    bands = log_mel(tone, 16_000, num_bands=20, frame=0.032, hop=0.01, low=80, high=7600)
    assert bands.shape == (1 + (8000 - 512) // 160, 20)
    assert bands.dtype == np.float32
    centres = from_mel(np.linspace(to_mel(80), to_mel(7600), 22))[1:-1]
    assert set(bands.argmax(1)) == {np.abs(centres - 1000).argmin()}
    half = log_mel(tone / 2, 16_000, num_bands=20, frame=0.032, hop=0.01, low=80, high=7600)
    loudest = bands.max(1) - half.max(1)
    assert_allclose(loudest, np.log(4), rtol=1e-3)  # power is the square of the amplitude


def test_mel_filters_overlap_to_one():
    filters = mel_filters(20, 1024, 16_000, 100, 7000)
    frequencies = np.fft.rfftfreq(1024, 1 / 16_000)
    edges = from_mel(np.linspace(to_mel(100), to_mel(7000), 22))
    inside = (frequencies > edges[1]) & (frequencies < edges[-2])
    assert_allclose(filters.sum(0)[inside], 1)
    assert not filters[:, (frequencies <= 100) | (frequencies >= 7000)].any()
    assert_allclose(to_mel(1000), 1000, rtol=1e-3)


@pytest.mark.parametrize(
    ("change", "message"),
    [({"high": 9000}, "low, high"), ({"low": -1}, "low, high"), ({"num_bands": 200}, "empty"),
     ({"frame": 2.0}, "samples"), ({"hop": 0}, "hop")],
)  # fmt: skip
def test_features_that_cannot_be_made(change, message):
    with pytest.raises(ValueError, match=message):
        log_mel(np.zeros(16_000, np.float32), 16_000, **change)


def test_deltas_of_a_line_are_its_slope():
    line = np.outer(np.arange(9.0), [1, -2])
    assert_allclose(deltas(line)[2:-2], np.tile([1, -2], (5, 1)))
    assert_array_equal(deltas(np.ones((5, 3))), np.zeros((5, 3)))


@pytest.mark.parametrize("snr", [-5.0, 20.0])
def test_noise_is_as_loud_as_told(snr):
    sound = spoken()
    noise = add_noise(sound, snr, rng=np.random.default_rng(0)) - sound
    ratio = np.mean(np.square(sound, dtype=float)) / np.mean(np.square(noise, dtype=float))
    assert_allclose(10 * np.log10(ratio), snr, atol=0.1)


def test_a_wav_file_holds_the_sound():
    samples, sample_rate = data.synthesise("nine")
    with wave.open(io.BytesIO(audio_features.to_wav(samples, sample_rate))) as file:
        assert (file.getnchannels(), file.getsampwidth(), file.getframerate()) == (1, 2, 16_000)
        assert_allclose(file.getnframes(), len(samples) * 16_000 / sample_rate, atol=1)
        stored = np.frombuffer(file.readframes(10**6), "<i2") / 32_767
    assert_allclose(stored.std(), samples.std(), rtol=0.05)
    assert len(audio_features.to_wav(samples, 8000)) == 44 + 2 * len(samples)


def test_no_voice_is_in_two_parts():
    parts = {part: data.speakers_of(part) for part in spoken_digits.SPEAKERS}
    variants = [voice.partition("+")[2] for voices in parts.values() for voice in voices]
    assert len(variants) == len(set(variants)) == 42
    assert set(variants) <= set(data.speaker_variants())
    accents = {part: {v.partition("+")[0] for v in voices} for part, voices in parts.items()}
    assert accents["test"] <= accents["train"]
    with pytest.raises(ValueError, match="part"):
        data.speakers_of("dev")


def test_no_voice_of_the_test_sounds_as_one_in_training():
    """Files of other names might hold the same speaker."""

    def sound(variant):
        return data.synthesise("six", voice=f"en-us+{variant}")[0]

    train = [sound(variant) for variant in spoken_digits.SPEAKERS["train"]]
    for variant in spoken_digits.SPEAKERS["test"]:
        one = sound(variant)
        assert not any(len(one) == len(two) and np.allclose(one, two) for two in train)


def test_clips_are_drawn_as_told():
    voices = ["en-us+f1", "en-us+m1"]
    clips = data.draw_digit_clips(
        voices, 200, rng=np.random.default_rng(0), longest=3, rates=(150, 160), snrs=(10, 12)
    )
    assert [clip.voice for clip in clips[:3]] == ["en-us+f1", "en-us+m1", "en-us+f1"]
    assert {len(clip.digits) for clip in clips} == {1, 2, 3}
    assert {digit for clip in clips for digit in clip.digits} == set(range(10))
    assert {clip.rate for clip in clips} == set(range(150, 161))
    assert all(10 <= clip.snr <= 12 for clip in clips)
    assert clips[0] == data.draw_digit_clips(
        voices, 1, rng=np.random.default_rng(0), longest=3, rates=(150, 160), snrs=(10, 12)
    )[0]  # fmt: skip
    with pytest.raises(ValueError, match="voices"):
        data.draw_digit_clips([], 3, rng=np.random.default_rng(0))


def test_a_clip_is_text_and_labels():
    clip = DigitClip((0, 9, 9), "en-us")
    assert (clip.text, clip.labels) == ("zero nine nine", (1, 10, 10))
    assert_array_equal(clip.samples()[0], data.synthesise("zero nine nine")[0])
    noisy = DigitClip((0, 9, 9), "en-us", snr=10.0, noise_seed=3)
    assert_array_equal(noisy.samples()[0], noisy.samples()[0])
    assert np.abs(noisy.samples()[0] - clip.samples()[0]).max() > 0


def test_features_of_a_clip_do_not_know_its_loudness():
    clip = DigitClip((3, 7), "en-us+f2", snr=20.0)
    (frames,) = data.digit_features([clip])
    assert frames.shape[1] == 20
    assert_allclose(frames.mean(0), 0, atol=1e-5)
    samples, sample_rate = clip.samples()
    quiet = log_mel(samples / 4, sample_rate, frame=0.04, hop=0.025)
    assert_allclose(quiet - quiet.mean(0), frames, atol=0.05)
