"""Piano rolls made audible and visible."""

import io
import wave

import numpy as np
import pytest

from gatedrnn.plotting import show_piano_roll
from gatedrnn.sound import player, render_roll, wav_bytes

A4 = 69 - 21


def roll_of(*chords):
    roll = np.zeros((len(chords), 88), np.uint8)
    for step, keys in zip(roll, chords, strict=True):
        step[list(keys)] = 1
    return roll


def loudest_frequencies(samples, rate, count):
    spectrum = np.abs(np.fft.rfft(samples * np.hanning(len(samples))))
    peaks = [
        k
        for k in range(1, len(spectrum) - 1)
        if spectrum[k] > spectrum[k - 1] and spectrum[k] > spectrum[k + 1]
    ]
    best = sorted(peaks, key=lambda k: -spectrum[k])[:count]
    return sorted(k * rate / len(samples) for k in best)


def test_a_key_sounds_at_its_pitch():
    samples = render_roll(roll_of([A4]), 1.0)
    assert samples.dtype == np.float32
    assert np.abs(samples).max() == pytest.approx(0.9, abs=1e-6)
    assert loudest_frequencies(samples, 8000, 2) == pytest.approx([440, 880], abs=1)
    below = render_roll(roll_of([A4 - 12]), 1.0)
    assert loudest_frequencies(below, 8000, 1) == pytest.approx([220], abs=1)


def test_keys_together_and_after_each_other():
    samples = render_roll(roll_of([A4, A4 - 12], [], [A4 - 24]), 0.5)
    assert len(samples) == pytest.approx((4 * 0.5 + 0.12) * 8000, abs=2)
    assert np.abs(samples[int(0.65 * 8000) : int(0.95 * 8000)]).max() < 1e-3  # silence between
    last = samples[8000 : 8000 + 4000]
    assert loudest_frequencies(last, 8000, 1) == pytest.approx([110], abs=2)
    # What goes on is one tone: nothing is heard where the second step begins.
    held = render_roll(roll_of([A4], [A4]), 0.5)
    around = np.abs(held[int(0.45 * 8000) : int(0.55 * 8000)])
    assert around.max() == pytest.approx(np.abs(held[3000:3600]).max(), rel=0.1)


def test_no_harmonic_beyond_half_the_rate():
    samples = render_roll(roll_of([87]), 0.5, sample_rate=8000)  # 4186 Hz does not fit at all
    assert not samples.any()


@pytest.mark.parametrize("bits", [8, 16])
def test_the_file_holds_the_samples(bits):
    samples = np.array([0.0, 0.5, -0.5, 1.0, -1.0, 2.0])
    with wave.open(io.BytesIO(wav_bytes(samples, 8000, bits=bits))) as file:
        assert (file.getnchannels(), file.getframerate(), file.getnframes()) == (1, 8000, 6)
        content = file.readframes(6)
    if bits == 8:
        read = (np.frombuffer(content, np.uint8).astype(float) - 128) / 127
    else:
        read = np.frombuffer(content, "<i2") / 32767
    np.testing.assert_allclose(read, np.clip(samples, -1, 1), atol=1 / 2 ** (bits - 1))


def test_a_player_has_a_name():
    shown = player(np.zeros(80), 8000, 'Bach, "BWV 1"')
    html = shown._repr_html_()
    assert 'aria-label="Bach, &quot;BWV 1&quot;"' in html
    assert "<audio controls" in html
    assert "data:audio/wav;base64,UklGR" in html  # RIFF
    assert repr(shown) == '<sound: Bach, "BWV 1">'


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: render_roll(np.zeros((0, 88)), 1), r"roll: expected shape \(T, keys\)"),
        (lambda: render_roll(np.zeros((3, 88)), 0), "seconds_per_step: expected a positive"),
        (lambda: wav_bytes(np.zeros(3), 8000, bits=12), "bits: expected 8 or 16, got 12"),
        (lambda: wav_bytes(np.zeros((2, 3)), 8000), r"samples: expected shape \(length,\)"),
        (lambda: wav_bytes(np.zeros(3), 0), "rate: expected a positive integer"),
    ],
)
def test_bad_input_is_named(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_a_piano_roll_is_drawn_as_bars():
    ax = show_piano_roll(roll_of([A4], [A4, A4 - 12]), given=1, xlabel="step")
    bars = [
        (round(bar.get_x() + bar.get_width() / 2, 6), round(bar.get_y() + bar.get_height() / 2, 6))
        for bar in ax.patches
    ]
    assert bars == [(0, 69), (1, 57), (1, 69)]
    grey, *black = [bar.get_facecolor()[:3] for bar in ax.patches]
    assert grey == (0.6, 0.6, 0.6)
    assert set(black) == {(0, 0, 0)}
    assert ax.get_xlabel() == "step"
