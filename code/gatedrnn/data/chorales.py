r"""Bach's four-part chorales as piano rolls: which keys sound at each beat, and which will next.

The task of the paper that first compared LSTM and GRU, Chung et al. (2014), on the data set that
Boulanger-Lewandowski, Bengio and Vincent (2012) introduced as JSB Chorales.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from gatedrnn.data.batching import Batch, pad
from gatedrnn.data.packages import DataSource, PackageFile

__all__ = [
    "LOWEST_KEY",
    "NUM_KEYS",
    "Chorales",
    "bach_chorales",
    "independent_keys",
    "last_step_keys",
    "next_step_batch",
]

#: MIDI number of the lowest of a piano's keys.
LOWEST_KEY = 21

#: Keys of a piano.
NUM_KEYS = 88

CHORALES = PackageFile(
    package="gatedrnn.data",
    path="chorales.npz",
    requirement="gatedrnn",
    sha256="b6511490099d6038175812e4368d6c309d567b3746ba4e0bf1ffae60c2bb4f89",
)
SOURCE = DataSource(
    name="Bach's chorales",
    case="polyphonic music",
    size="353 chorales in four parts, 213 / 70 / 70 to train, validate and test",
    requirement="",
    licence="public domain (the music); music21, whose scores they were read from: BSD-3-Clause",
    source="the scores in music21 10.5.1, read by gatedrnn.data.chorales_source",
)


@dataclass(frozen=True)
class Chorales:
    """Piano rolls, split.

    Attributes
    ----------
    train, valid, test : list of ndarray of uint8, each of shape (T_n, 88)
        1 where a key sounds at the beginning of a quarter note. Key 0 is MIDI number 21.
    titles : dict of str to list of str
        For "train", "valid" and "test", the chorales' numbers in the catalogue of Bach's works,
        such as "BWV 66.6".
    """

    train: list[np.ndarray]
    valid: list[np.ndarray]
    test: list[np.ndarray]
    titles: dict[str, list[str]] = field(repr=False)


def bach_chorales(*, common_key: bool = False) -> Chorales:
    r"""Return the chorales.

    They are those scores of music21 10.5.1 that have four parts, without near-duplicates: two
    chorales of which one has at least half of its passages of four beats, in any key, in common
    with the other. 1 in 5 is for validation and 1 in 5 for test, drawn once and for all
    (`gatedrnn.data.chorales_source` makes them, and says how).

    They are not the published data set, which has 229, 76 and 77 chorales of another source, is
    transposed to a common key, and plays repeats twice. It cannot be made from these; with
    `common_key` they are as close to it as they come. Losses on the two are of the same scale,
    no more than that.

    Parameters
    ----------
    common_key : bool, optional
        Transpose each to C major or C minor, as its key signature says, by at most 6 semitones.

    Returns
    -------
    Chorales

    Raises
    ------
    DataFileError
        If the file that holds them is not the one that belongs to this version.

    References
    ----------
    Boulanger-Lewandowski, Bengio and Vincent (2012); Chung et al. (2014).
    """
    with np.load(io.BytesIO(CHORALES.read()), allow_pickle=False) as file:
        arrays = dict(file)
    notes = np.split(arrays["notes"].astype(int), np.cumsum(arrays["steps"])[:-1].astype(int))
    titles = [title.decode() for title in arrays["titles"]]
    rolls = []
    for chords, semitones in zip(notes, arrays["semitones_to_c"], strict=True):
        steps, voices = np.nonzero(chords)
        roll = np.zeros((len(chords), NUM_KEYS), np.uint8)
        shift = int(semitones) if common_key else 0
        roll[steps, chords[steps, voices] - LOWEST_KEY + shift] = 1
        rolls.append(roll)
    first, second = np.cumsum(arrays["parts"].astype(int))[:2]
    parts = {"train": slice(first), "valid": slice(first, second), "test": slice(second, None)}
    return Chorales(
        **{name: rolls[part] for name, part in parts.items()},
        titles={name: titles[part] for name, part in parts.items()},
    )


def next_step_batch(rolls: Sequence[np.ndarray], dtype: np.dtype | type = np.float32) -> Batch:
    """Return the batch in which every step of the rolls but the last is to foretell the next one.

    The first step is given and not to be foretold. So do Bai, Kolter and Koltun (2018) in their
    code; in that of Boulanger-Lewandowski for the RNN-RBM the first step counts too, foretold by
    a state of zeros.

    Parameters
    ----------
    rolls : sequence of ndarray, each of shape (T_n, 88)
        Each of at least two steps.
    dtype : dtype, optional

    Returns
    -------
    Batch
        `inputs` and `targets` (T, N, 88) and `mask` (T, N), filled up with zeros at the end, with
        T one less than the greatest T_n; and `lengths` (N,). For batches of some of them, give
        all four to `Minibatches`, with ``target_axis=1``.

    Raises
    ------
    ValueError
        If there are no rolls, or one has fewer than two steps or other than 88 keys.
    """
    check_rolls(rolls)
    inputs, mask = pad([roll[:-1] for roll in rolls])
    targets, _ = pad([roll[1:] for roll in rolls])
    lengths = np.array([len(roll) - 1 for roll in rolls])
    return Batch(inputs.astype(dtype), targets.astype(dtype), mask, lengths)


def independent_keys(train: Sequence[np.ndarray], rolls: Sequence[np.ndarray]) -> float:
    r"""Return the loss of who knows only how often each key sounds.

    .. math::

        L = -\frac{1}{\sum_n (T_n - 1)} \sum_n \sum_{t=2}^{T_n} \sum_{k=1}^{88}
            \log p(y_{ntk}), \qquad p_k = \frac{c_k + 1/2}{m + 1}

    with :math:`c_k` of the m steps of `train` at which key k sounds. The half is for keys that
    never do.

    Parameters
    ----------
    train, rolls : sequence of ndarray, each of shape (T_n, 88)
        What to count, and what to foretell: all steps but the first of each.

    Returns
    -------
    float
        In nats per step, summed over the keys, as Chung et al. (2014) report it.
    """
    return _loss(train, rolls, look_back=False)


def last_step_keys(train: Sequence[np.ndarray], rolls: Sequence[np.ndarray]) -> float:
    r"""Return the loss of who knows how often each key sounds after it did, and after it did not.

    As `independent_keys`, with two frequencies for each key, of which its last step says which
    to take. In chorales notes last or come again: to beat this is the least to expect of a
    network.
    """
    return _loss(train, rolls, look_back=True)


def _loss(train: Sequence[np.ndarray], rolls: Sequence[np.ndarray], *, look_back: bool) -> float:
    """Return the loss with frequencies counted in `train`, by each key's last value or not."""
    before, after = _pairs(train, look_back)
    seen = np.stack([~before, before]).sum(1)
    sounded = np.stack([~before & after, before & after]).sum(1)
    p_silent, p_sounding = (sounded + 0.5) / (seen + 1)
    before, after = _pairs(rolls, look_back)
    p = np.where(before, p_sounding, p_silent)
    return float(-np.log(np.where(after, p, 1 - p)).sum(-1).mean())


def _pairs(rolls: Sequence[np.ndarray], look_back: bool) -> tuple[np.ndarray, np.ndarray]:
    """Return all steps but the last of each roll, blank without `look_back`, and the next ones."""
    check_rolls(rolls)
    before = np.concatenate([roll[:-1] for roll in rolls]).astype(bool)
    return before & look_back, np.concatenate([roll[1:] for roll in rolls]).astype(bool)


def check_rolls(rolls: Sequence[np.ndarray]) -> None:
    """Raise ValueError unless there are rolls, all of the shape (T, 88) with T at least 2."""
    if not len(rolls):
        raise ValueError("rolls: expected at least one, got none")
    for index, roll in enumerate(rolls):
        if np.ndim(roll) != 2 or np.shape(roll)[1] != NUM_KEYS or len(roll) < 2:
            raise ValueError(
                f"rolls: expected shape (T, {NUM_KEYS}) with at least 2 steps, "
                f"got {np.shape(roll)} at {index}"
            )
