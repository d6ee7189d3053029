r"""How ``chorales.npz`` is made: Bach's chorales, read from the MusicXML that music21 brings along.

``python -m gatedrnn.data.chorales_source`` writes the file anew, the same to the byte. music21 has
to be installed and is not imported: a score is XML in a zip archive.
"""

from __future__ import annotations

import hashlib
import io
import math
import zipfile
from fractions import Fraction
from pathlib import Path
from xml.etree import ElementTree

import numpy as np

from gatedrnn.data.chorales import CHORALES, LOWEST_KEY, NUM_KEYS
from gatedrnn.data.packages import DataFileError, PackageFile

__all__ = ["build", "four_part_chorales", "overlap", "piano_roll", "select", "split"]

#: One of the scores; the others are in the same folder.
MUSIC21 = PackageFile(
    package="music21",
    path="corpus/bach/bwv66.6.mxl",
    requirement="music21==10.5.1",
    sha256="4fd93bb11683771d5d3bc1f89768f5398f6ff72aae0c04e4f25bfb533d4ccd0e",
)

#: Digest of all scores that are read, names included.
SCORES_SHA256 = "687df54bedb1cb9ae9f27273de2ceb37ff82b610cd0db15abd410f16f4d77dbf"

#: Chorales that share this much, as `overlap` measures it, count as one.
MOST_OVERLAP = 0.5

#: How many of the chorales are for validation, and as many again for test: 1 in 5.
HELD_OUT = 5

SEMITONES = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}


def _score(file: Path) -> ElementTree.Element:
    """Return the root of a score, which is XML as it is or zipped."""
    content = file.read_bytes()
    if file.suffix == ".mxl":
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            # Beside the score there is the table of contents META-INF/container.xml.
            (name,) = (
                name
                for name in archive.namelist()
                if name.endswith(("xml", "musicxml")) and not name.startswith("META-INF/")
            )
            content = archive.read(name)
    return ElementTree.fromstring(content)


def _notes(part: ElementTree.Element) -> list[tuple[Fraction, Fraction, int]]:
    """Return begin, end and MIDI number of a part's notes, times in quarter notes."""
    notes = []
    divisions, end = 1, Fraction(0)
    for measure in part.iter("measure"):
        now = onset = end
        for element in measure:
            if element.tag == "attributes":
                divisions = int(element.findtext("divisions", str(divisions)))
            if element.tag not in ("note", "backup", "forward"):
                continue
            duration = Fraction(int(element.findtext("duration", "0")), divisions)
            if element.tag == "backup":  # to write another voice of the same measure
                now -= duration
                continue
            if element.find("chord") is None:  # a chord's further notes begin with its first
                onset, now = now, now + duration
            end = max(end, now)
            pitch = element.find("pitch")
            if pitch is not None and duration:  # not a rest, and not a grace note
                key = SEMITONES[pitch.findtext("step")] + round(float(pitch.findtext("alter", "0")))
                notes.append(
                    (onset, onset + duration, key + 12 * (int(pitch.findtext("octave")) + 1))
                )
    return notes


def piano_roll(score: ElementTree.Element) -> np.ndarray:
    """Return which keys of a piano sound at the beginning of each quarter note.

    Notes that begin and end between two beats are not seen; one that is held looks like one that
    is struck again, so that ties need no care. Repeats are played once. Silence before the first
    note and after the last is cut off.

    Parameters
    ----------
    score : xml.etree.ElementTree.Element
        Root of a MusicXML file, in parts (``score-partwise``).

    Returns
    -------
    ndarray of bool, shape (T, 88)

    Raises
    ------
    DataFileError
        If no note sounds on any beat, or one is not on a piano.
    """
    notes = [note for part in score.iter("part") for note in _notes(part)]
    roll = np.zeros((math.ceil(max((end for _, end, _ in notes), default=0)), NUM_KEYS), bool)
    for begin, end, key in notes:
        if not 0 <= key - LOWEST_KEY < NUM_KEYS:
            raise DataFileError(f"score: expected notes of a piano, 21 to 108, got {key}")
        roll[math.ceil(begin) : math.ceil(end), key - LOWEST_KEY] = True
    sounding = np.flatnonzero(roll.any(axis=1))
    if not len(sounding):
        raise DataFileError("score: expected notes that sound on a beat, got none")
    return roll[sounding[0] : sounding[-1] + 1]


def _semitones_to_c(score: ElementTree.Element) -> int:
    """Return how far the key signature says to transpose to C major or C minor, -5 to 6."""
    key = next(score.iter("key"))
    tonic = 7 * int(key.findtext("fifths")) + 9 * (key.findtext("mode") == "minor")
    return 6 - (tonic + 6) % 12


def four_part_chorales() -> dict[str, tuple[np.ndarray, int]]:
    """Return the piano roll of every score in four parts, and how far to transpose it to C.

    Raises
    ------
    MissingPackageError
        If music21 is not installed.
    DataFileError
        If its scores are not those that the book used.
    """
    folder = MUSIC21.locate().parent
    files = sorted(file for file in folder.iterdir() if file.suffix in (".mxl", ".xml"))
    digest = hashlib.sha256()
    for file in files:
        digest.update(file.name.encode() + hashlib.sha256(file.read_bytes()).digest())
    if digest.hexdigest() != SCORES_SHA256:
        raise DataFileError(
            f"music21: expected scores with digest {SCORES_SHA256[:12]}…, got "
            f"{digest.hexdigest()[:12]}… ({len(files)} files); get the right version with: "
            f"pip install --force-reinstall {MUSIC21.requirement}"
        )
    chorales = {}
    for file in files:
        score = _score(file)
        if len(score.findall("part")) == 4:
            title = "BWV " + file.stem.removeprefix("bwv")
            chorales[title] = piano_roll(score), _semitones_to_c(score)
    return chorales


def _passages(roll: np.ndarray, steps: int = 4) -> set[bytes]:
    """Return all stretches of `steps` steps, transposed so that the lowest note is key 0."""
    passages = set()
    for start in range(len(roll) - steps + 1):
        passage = roll[start : start + steps]
        keys = np.flatnonzero(passage.any(axis=0))
        if len(keys):
            passages.add(np.roll(passage, -keys[0], axis=1).tobytes())
    return passages


def overlap(one: np.ndarray, two: np.ndarray) -> float:
    """Return how much of the shorter chorale is in the other: 0 for nothing, 1 for all.

    Compared are all passages of four steps, wherever they are and in whatever key: the share of
    the one chorale's different passages that the other has too, of that which has fewer.
    """
    ours, theirs = _passages(one), _passages(two)
    return len(ours & theirs) / min(len(ours), len(theirs))


def select(chorales: dict[str, tuple[np.ndarray, int]]) -> list[str]:
    """Return the titles without near-duplicates: of such, the first in alphabetical order stays."""
    kept: dict[str, set[bytes]] = {}
    for title in sorted(chorales):
        ours = _passages(chorales[title][0])
        if all(
            len(ours & theirs) < MOST_OVERLAP * min(len(ours), len(theirs))
            for theirs in kept.values()
        ):
            kept[title] = ours
    return list(kept)


def split(titles: list[str]) -> tuple[list[str], list[str], list[str]]:
    """Split titles into train, valid and test, 3 : 1 : 1.

    The order is that of the titles' SHA-256, which mixes them as well as random numbers would and
    is the same with every version of NumPy.
    """
    mixed = sorted(titles, key=lambda title: hashlib.sha256(title.encode()).digest())
    held_out = len(titles) // HELD_OUT
    parts = mixed[2 * held_out :], mixed[:held_out], mixed[held_out : 2 * held_out]
    train, valid, test = (sorted(part) for part in parts)
    return train, valid, test


def build() -> bytes:
    """Return the content of ``chorales.npz``.

    Returns
    -------
    bytes
        An archive of arrays over the chorales, train first, then valid, then test: `titles`,
        `steps`, `semitones_to_c`; of `parts`, how many are in each; and of `notes`, four MIDI
        numbers per step, 0 where fewer notes sound. It is not compressed and bears no date: it
        is the same on every machine.
    """
    chorales = four_part_chorales()
    parts = split(select(chorales))
    titles = [title for part in parts for title in part]
    rolls = [chorales[title][0] for title in titles]
    notes = np.zeros((sum(map(len, rolls)), 4), np.uint8)
    for row, step in zip(notes, np.concatenate(rolls), strict=True):
        keys = np.flatnonzero(step)
        row[: len(keys)] = LOWEST_KEY + keys
    arrays = {
        "titles": np.array(titles, "S"),
        "parts": np.array([len(part) for part in parts], "<u2"),
        "steps": np.array([len(roll) for roll in rolls], "<u2"),
        "semitones_to_c": np.array([chorales[title][1] for title in titles], np.int8),
        "notes": notes,
    }
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_STORED) as archive:
        for name, array in arrays.items():
            entry = zipfile.ZipInfo(f"{name}.npy")  # dated 1980, unlike what `write` would do
            entry.create_system = 3  # would otherwise tell Windows from the others
            buffer = io.BytesIO()
            np.save(buffer, array, allow_pickle=False)
            archive.writestr(entry, buffer.getvalue())
    return content.getvalue()


if __name__ == "__main__":
    target = Path(__file__).with_name(CHORALES.path)
    target.write_bytes(build())
    print(f"{target}: sha256 {hashlib.sha256(target.read_bytes()).hexdigest()}")
