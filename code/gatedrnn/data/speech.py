r"""Speech without a microphone: text read aloud by eSpeak NG, in many voices.

The synthesiser is a shared library that the package espeakng_loader brings along for Linux, macOS
and Windows, with all its voices. It is called by `ctypes`; nothing is installed in the system,
nothing is downloaded, and the package itself is not imported.

eSpeak NG is under the GPL, version 3 or later. What it says is output, as a picture is of a program
that draws; the sounds are not stored here but made when they are needed.

References
----------
https://github.com/espeak-ng/espeak-ng
"""

from __future__ import annotations

import _ctypes
import ctypes
import os
import sys
import threading
from functools import lru_cache
from pathlib import Path

import numpy as np

from gatedrnn.data.packages import DataFileError, DataSource, PackageFile

__all__ = ["SPEECH_RATE", "speaker_variants", "synthesise"]

#: Samples per second of what the synthesiser returns.
SPEECH_RATE = 22_050

REQUIREMENT = "espeakng-loader==0.2.4"
VERSION = "1.52.0"
FILE_NAMES = {"win32": "espeak-ng.dll", "darwin": "libespeak-ng.dylib"}

#: The sounds of which speech is made; the same file on all systems.
PHONEMES = PackageFile(
    package="espeakng_loader",
    path="espeak-ng-data/phondata",
    requirement=REQUIREMENT,
    sha256="a0b643b155cb6b12628d9e7865b57d9fca0d35844614f2594a5e009c80c80bb4",
)

# Of the library's header, speak_lib.h.
SYNCHRONOUS, DONT_EXIT, UTF8 = 2, 0x8000, 1
RATE, VOLUME, PITCH, RANGE = 1, 2, 3, 4
Callback = ctypes.CFUNCTYPE(
    ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.c_void_p
)

_one_at_a_time = threading.Lock()


def _new_lock() -> None:
    global _one_at_a_time
    _one_at_a_time = threading.Lock()


if hasattr(os, "register_at_fork"):  # a process forked while another thread speaks
    os.register_at_fork(after_in_child=_new_lock)


def synthesise(
    text: str,
    *,
    voice: str = "en-us",
    rate: int = 175,
    pitch: int = 50,
    pitch_range: int = 50,
    volume: int = 100,
) -> tuple[np.ndarray, int]:
    """Return a text read aloud.

    The same arguments give the same samples, in any order of calls and in any process: the library
    is loaded anew for each, because what it said before leaves traces in its state, and the random
    numbers of the C library begin anew. That takes 5 milliseconds. It does not hold if another part
    of the program keeps the same library loaded.

    Parameters
    ----------
    text : str
    voice : str, optional
        A language such as ``"en-us"``, ``"en-gb-scotland"`` or ``"cmn"``, and after a plus sign
        a speaker, one of `speaker_variants`, such as ``"en-us+f2"``.
    rate : int, optional
        Words per minute, from 80 to 450.
    pitch, pitch_range : int, optional
        How high the voice is and how much it moves, from 0 to 99.
    volume : int, optional
        From 0 to 200; above 100 some voices are clipped.

    Returns
    -------
    samples : ndarray of float32, shape (L,)
        From -1 to 1.
    sample_rate : int
        `SPEECH_RATE`, in samples per second.

    Raises
    ------
    ValueError
        If the text is empty, the voice unknown or a number out of range.
    MissingPackageError, DataFileError
        If espeakng_loader is not installed, or is another version.
    """
    if not isinstance(text, str) or not text.strip() or "\0" in text:
        raise ValueError(f"text: expected something to say, got {text!r}")
    settings = {
        RATE: _checked("rate", rate, 80, 450),
        VOLUME: _checked("volume", volume, 0, 200),
        PITCH: _checked("pitch", pitch, 0, 99),
        RANGE: _checked("pitch_range", pitch_range, 0, 99),
    }
    _language, plus, variant = str(voice).partition("+")
    if plus and variant not in speaker_variants():
        raise ValueError(
            f"voice: expected one of gatedrnn.data.speaker_variants() after the plus sign, "
            f"got {voice!r}"
        )
    with _one_at_a_time:
        library = _load()
        try:
            samples = _speak(library, text, str(voice), settings)
        finally:
            library.espeak_Terminate()
            _unload(library)
    if not len(samples):
        raise ValueError(f"text: expected something that the voice {voice} can say, got {text!r}")
    return samples.astype(np.float32) / 32_768, SPEECH_RATE


@lru_cache(maxsize=1)
def speaker_variants() -> tuple[str, ...]:
    """Return the names of the speakers that every language can be combined with.

    They differ in the resonances of the throat, the pitch, and the roughness; some are robots,
    some whisper.

    Raises
    ------
    MissingPackageError, DataFileError
        As for `synthesise`.
    """
    return tuple(sorted(file.name for file in (_data_folder() / "voices" / "!v").iterdir()))


@lru_cache(maxsize=1)
def _data_folder() -> Path:
    """Return the library's folder of voices, after comparing the hash of its sounds."""
    PHONEMES.read()
    return PHONEMES.locate().parent


def _checked(name: str, value: int, low: int, high: int) -> int:
    if not isinstance(value, (int, np.integer)) or not low <= value <= high:
        raise ValueError(f"{name}: expected a whole number from {low} to {high}, got {value!r}")
    return int(value)


def _load() -> ctypes.CDLL:
    """Return the library in the state in which it begins."""
    folder = _data_folder()
    file = folder.parent / FILE_NAMES.get(sys.platform, "libespeak-ng.so")
    if not file.is_file():
        raise DataFileError(
            f"espeakng_loader: expected the file {file.name}, found none in {file.parent}; "
            f"get the right version with: pip install --force-reinstall {REQUIREMENT}"
        )
    library = ctypes.CDLL(str(file))
    text, number, size = ctypes.c_char_p, ctypes.c_int, ctypes.c_size_t
    library.espeak_Initialize.argtypes = [number, number, text, number]
    library.espeak_Info.argtypes, library.espeak_Info.restype = [ctypes.c_void_p], text
    library.espeak_SetSynthCallback.argtypes = [Callback]
    library.espeak_SetVoiceByName.argtypes = [text]
    library.espeak_SetParameter.argtypes = [number, number, number]
    library.espeak_ng_SetRandSeed.argtypes = [ctypes.c_long]
    pointer, unsigned = ctypes.c_void_p, ctypes.c_uint
    library.espeak_Synth.argtypes = [
        text, size, unsigned, number, unsigned, unsigned, pointer, pointer
    ]  # fmt: skip
    sample_rate = library.espeak_Initialize(SYNCHRONOUS, 0, os.fsencode(folder.parent), DONT_EXIT)
    version = library.espeak_Info(None).decode()
    if sample_rate != SPEECH_RATE or version != VERSION:
        _unload(library)
        raise DataFileError(
            f"espeakng_loader: expected eSpeak NG {VERSION} with {SPEECH_RATE} samples per second, "
            f"got {version} with {sample_rate}; get the right version with: "
            f"pip install --force-reinstall {REQUIREMENT}"
        )
    return library


def _unload(library: ctypes.CDLL) -> None:
    (_ctypes.FreeLibrary if sys.platform == "win32" else _ctypes.dlclose)(library._handle)


def _speak(library: ctypes.CDLL, text: str, voice: str, settings: dict[int, int]) -> np.ndarray:
    """Return the samples, int16."""
    chunks = [np.zeros(0, np.int16)]

    @Callback
    def collect(samples, count, _events) -> int:
        if samples and count > 0:
            chunks.append(np.ctypeslib.as_array(samples, (count,)).copy())
        return 0

    library.espeak_SetSynthCallback(collect)
    if library.espeak_SetVoiceByName(voice.encode()):
        raise ValueError(f"voice: expected a language such as 'en-us' or 'cmn', got {voice!r}")
    for parameter, value in settings.items():
        library.espeak_SetParameter(parameter, value, 0)
    library.espeak_ng_SetRandSeed(1)
    # Some voices ("caleb") draw their roughness from the C library, which all of a process shares.
    (ctypes.cdll.msvcrt if sys.platform == "win32" else ctypes.CDLL(None)).srand(1)
    said = text.encode()
    if library.espeak_Synth(said, len(said) + 1, 0, 0, 0, UTF8, None, None):
        raise ValueError(f"text: the synthesiser refused {text!r}")
    library.espeak_Synchronize()
    return np.concatenate(chunks)


SOURCE = DataSource(
    name="speech synthesised by eSpeak NG",
    case="speech to text",
    size="as much as is asked for, 22,050 samples per second",
    requirement=REQUIREMENT,
    licence="GPL-3.0-or-later (the synthesiser; the sounds are its output)",
    source="eSpeak NG 1.52.0, https://github.com/espeak-ng/espeak-ng",
)
