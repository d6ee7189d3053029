r"""Dates written out in two languages: a translation whose right answer is always known.

The texts are made by Babel from the Common Locale Data Repository of Unicode (CLDR), in the ways in
which dates are written in each language.
"""

from __future__ import annotations

import datetime
from dataclasses import dataclass

import numpy as np

from gatedrnn.data.packages import DataSource, PackageFile
from gatedrnn.data.pairs import Pairs
from gatedrnn.validation import check_positive_int

__all__ = ["DATE_LANGUAGES", "DATE_PATTERNS", "DatedPairs", "split_by_date", "written_dates"]

#: Ways to write a date in English, in the letters of CLDR: EEEE a weekday and EEE its short form,
#: MMMM a month, MMM its short form and M its number, d the day, y the year.
DATE_PATTERNS = (
    "EEEE, MMMM d, y",
    "EEEE, d MMMM y",
    "EEE, MMM d, y",
    "EEE, d MMM y",
    "MMMM d, y",
    "d MMMM y",
    "MMM d, y",
    "d MMM y",
    "M/d/y",
)

#: Languages to translate into.
DATE_LANGUAGES = ("zh", "de", "fr")

REQUIREMENT = "babel==2.18.0"
_DIGESTS = {
    "root": "40362f72d2907c126508c525db819fef51c8650ab5e3f5752dc4cafbab9dc334",
    "en": "894baebce3c3dcd9049e46342ba8a9617689954fdd82011e7ab5397351144196",
    "zh": "4a94a499d54de4f5fb08276ca3507e4b241928c0d3c997d9793da5fe48f61682",
    "de": "97a001560db35cf5fd5acf60dbe59ebded394b8ea28b48676ee095892ea6b660",
    "fr": "1ef3c24777edfbf57152926c569d70294f1a889ede08a644cfd5d95653398de9",
}
LOCALES = {
    name: PackageFile("babel", f"locale-data/{name}.dat", REQUIREMENT, digest)
    for name, digest in _DIGESTS.items()
}


@dataclass(frozen=True)
class DatedPairs(Pairs):
    """Written dates and their translations.

    Attributes
    ----------
    dates : ndarray of datetime64[D], shape (len(self),)
        What both sides of each pair mean.
    """

    dates: np.ndarray

    def take(self, indices) -> DatedPairs:
        """Return the pairs at some indices, in their order."""
        chosen = super().take(indices)
        return DatedPairs(chosen.sources, chosen.targets, self.dates[np.asarray(indices, int)])


def written_dates(
    draws: int,
    language: str = "zh",
    *,
    rng: np.random.Generator,
    first: str = "1950-01-01",
    last: str = "2049-12-31",
) -> DatedPairs:
    """Draw dates and ways to write them, and return what is distinct.

    The source is English, in one of `DATE_PATTERNS`. The target is the language's full form where
    the source names the weekday, else its long form, so that the source says all that is needed.

    Parameters
    ----------
    draws : int
        A date and a way to write it are drawn so often; what comes twice is left out.
    language : {"zh", "de", "fr"}
    rng : numpy.random.Generator
    first, last : str, optional
        The dates are drawn from these days and all between them, each as likely.

    Returns
    -------
    DatedPairs
        In the order in which they were first drawn.

    Raises
    ------
    MissingPackageError
        If Babel is not installed.
    DataFileError
        If its locale data are of another version.
    ValueError
        If the language is unknown or there are no days between `first` and `last`.
    """
    check_positive_int("draws", draws)
    if language not in DATE_LANGUAGES:
        raise ValueError(f"language: expected one of {DATE_LANGUAGES}, got {language!r}")
    low, high = (np.datetime64(day, "D") for day in (first, last))
    if low > high:
        raise ValueError(f"last: expected a day not before {first}, got {last}")
    for name in ("root", "en", language):
        LOCALES[name].read()
    from babel.dates import format_date

    days = low + rng.integers(0, (high - low).astype(int) + 1, draws)
    ways = rng.integers(0, len(DATE_PATTERNS), draws)
    found: dict[tuple[str, str], np.datetime64] = {}
    for day, way in zip(days, ways, strict=True):
        date: datetime.date = day.astype(datetime.date)
        pattern = DATE_PATTERNS[way]
        source = format_date(date, pattern, locale="en")
        target = format_date(date, "full" if "EEE" in pattern else "long", locale=language)
        found.setdefault((source, target), day)
    sources, targets = zip(*found, strict=True)
    return DatedPairs(sources, targets, np.array(list(found.values()), "datetime64[D]"))


def split_by_date(
    pairs: DatedPairs, *, valid: float = 0.1, test: float = 0.1, rng: np.random.Generator
) -> tuple[DatedPairs, DatedPairs, DatedPairs]:
    """Split so that no date is in two parts, however it is written.

    Parameters
    ----------
    pairs : DatedPairs
    valid, test : float
        Shares of the distinct dates.
    rng : numpy.random.Generator

    Returns
    -------
    train, valid, test : DatedPairs

    Raises
    ------
    ValueError
        If the shares are out of range, or a part would be empty.
    """
    if not (0 < valid < 1 and 0 < test < 1 and valid + test < 1):
        raise ValueError(f"valid, test: expected shares that sum below 1, got {valid} and {test}")
    dates, owner = np.unique(pairs.dates, return_inverse=True)
    counts = round(valid * len(dates)), round(test * len(dates))
    if min(counts) < 1 or sum(counts) >= len(dates):
        raise ValueError(f"pairs: expected more dates than {len(dates)}, a part would be empty")
    part = np.zeros(len(dates), int)
    order = rng.permutation(len(dates))
    part[order[: counts[0]]] = 1
    part[order[counts[0] : sum(counts)]] = 2
    train, held_out, tested = (pairs.take(np.flatnonzero(part[owner] == k)) for k in range(3))
    return train, held_out, tested


SOURCE = DataSource(
    name="dates written out",
    case="translation",
    requirement=REQUIREMENT,
    licence="BSD-3-Clause (Babel); Unicode License (CLDR)",
    source="made by Babel from Unicode CLDR",
    size="as many as are drawn; 36,525 days in 9 ways",
)
