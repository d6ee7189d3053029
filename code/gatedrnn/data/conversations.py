r"""Conversations at the railway desk: split without leaks, beyond what is trained, retrieved."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from gatedrnn.data.dialogue import (
    CITIES,
    UNSEEN_CITY,
    UNSEEN_WORDINGS,
    Booking,
    Conversation,
    RailwayGrammar,
    Turn,
)
from gatedrnn.optional import import_optional
from gatedrnn.validation import check_positive_int

__all__ = [
    "Dialogues",
    "hard_conversations",
    "nearest_answers",
    "railway_dialogues",
    "railway_routes",
]

Route = tuple[str, str]


def railway_routes(
    rng: np.random.Generator, *, valid: int = 10, test: int = 10
) -> dict[str, list[Route]]:
    """Split the 66 pairs of cities, so that every city is left in at least four for training.

    Returns
    -------
    dict of str to list of (str, str)
        Under ``train``, ``valid`` and ``test``; a pair stands for both directions.

    Raises
    ------
    ValueError
        If more than 20 are held out.
    """
    pairs, least, most = list(combinations(CITIES, 2)), 4, 20
    held_out = check_positive_int("valid", valid) + check_positive_int("test", test)
    if held_out > most:  # beyond, a split might take long to come upon
        raise ValueError(
            f"valid, test: expected at most {most} of the {len(pairs)} routes together, "
            f"got {held_out}"
        )
    while True:
        order = [pairs[k] for k in rng.permutation(len(pairs))]
        train = order[held_out:]
        if min(sum(city in pair for pair in train) for city in CITIES) >= least:
            return {"train": train, "valid": order[:valid], "test": order[valid:held_out]}


@dataclass(frozen=True)
class Dialogues:
    """Conversations in parts.

    Attributes
    ----------
    train, valid, test : list of Conversation
        No two parts share a route.
    seen : list of Conversation
        Others on the routes of `train`, to tell a new combination from a new conversation.
    routes : dict of str to list of (str, str)
        The pairs of cities of `train`, `valid` and `test`.
    """

    train: list[Conversation]
    valid: list[Conversation]
    test: list[Conversation]
    seen: list[Conversation]
    routes: dict[str, list[Route]]


def railway_dialogues(
    rng: np.random.Generator,
    *,
    sizes: tuple[int, int, int] = (4000, 500, 500),
    turns: tuple[int, int] = (1, 4),
) -> Dialogues:
    """Draw conversations, all different; those of valid and test go where nobody in train goes.

    Every city, day and number occurs in training, each city at both ends of a journey. What is
    new in the other parts is the combination of origin and destination.

    Parameters
    ----------
    rng : numpy.random.Generator
    sizes : tuple of int
        Conversations in train, valid and test; `seen` has as many as test.
    turns : (int, int)
        Fewest and most turns of a conversation, all equally likely.

    Raises
    ------
    ValueError
        If so many different conversations are not to be had.
    """
    routes = railway_routes(rng)
    grammar = RailwayGrammar()

    def part(name: str, size: int) -> list[Conversation]:
        def draw() -> Conversation:
            meant = grammar.draw(routes[name], int(rng.integers(turns[0], turns[1] + 1)), rng)
            return grammar.say(meant, rng)

        return _different(draw, size)

    known = part("train", sizes[0] + sizes[2])
    return Dialogues(
        train=known[: sizes[0]],
        valid=part("valid", sizes[1]),
        test=part("test", sizes[2]),
        seen=known[sizes[0] :],
        routes=routes,
    )


def hard_conversations(
    rng: np.random.Generator, routes: Sequence[Route], size: int = 300
) -> dict[str, list[Conversation]]:
    """Return what no training prepares for, on given routes.

    Returns
    -------
    dict of str to list of Conversation
        ``longer``: 6 to 8 turns instead of up to 4; ``reworded``: known words in wordings that
        training has none of; ``new city``: one of the two cities is `UNSEEN_CITY`.
    """
    usual, other = RailwayGrammar(), RailwayGrammar(UNSEEN_WORDINGS)

    def turns(first: int, last: int) -> tuple[Turn, ...]:
        return usual.draw(routes, int(rng.integers(first, last + 1)), rng)

    def new_city() -> Conversation:
        request, *others = turns(1, 4)
        end = ("origin", "destination")[rng.integers(2)]
        booking: Booking = request.value._replace(**{end: UNSEEN_CITY})
        return usual.say((Turn("request", booking), *others), rng)

    return {
        "longer": _different(lambda: usual.say(turns(6, 8), rng), size),
        "reworded": _different(lambda: other.say(turns(1, 4), rng), size),
        "new city": _different(new_city, size),
    }


def _different(draw: Callable[[], Conversation], size: int) -> list[Conversation]:
    """Draw until there are `size` conversations no two of which are in the same words."""
    found, tried = {}, 0
    while len(found) < check_positive_int("size", size):
        conversation = draw()
        tried = tried + 1 if conversation.said in found else 0
        if tried == 1000:
            raise ValueError(f"size: expected at most {len(found)} conversations, got {size}")
        found.setdefault(conversation.said, conversation)
    return list(found.values())


def nearest_answers(known: Sequence[Conversation], asked: Sequence[Conversation]) -> list[str]:
    """Answer each conversation as the most similar known one was: retrieval, nothing learnt.

    Conversations are compared by their words and pairs of neighbouring words, each weighed by how
    rare it is (TF-IDF), by the cosine.

    Raises
    ------
    MissingPackageError
        If scikit-learn is not installed.
    """
    features = import_optional("sklearn.feature_extraction.text", extra="study")
    vectors = features.TfidfVectorizer(token_pattern=r"\S+", ngram_range=(1, 2))
    fitted = vectors.fit_transform([conversation.text for conversation in known])
    likeness = vectors.transform([conversation.text for conversation in asked]) @ fitted.T
    return [known[k].answer for k in np.asarray(likeness.argmax(1)).ravel()]
