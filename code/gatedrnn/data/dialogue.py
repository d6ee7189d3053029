r"""A railway desk: conversations made by a grammar, and the desk's right answers.

A customer speaks in turns; the desk answers the last of them. What it has to answer depends on
turns before, and its own answers are not repeated to it: it must work out from the customer's
words alone where, when and for how many people the journey is by now.

.. code-block:: text

    conversation := request { follow-up }
    request      := number, origin, destination and day of a journey
    follow-up    := back      the same the other way round
                  | number    the same for another number of people
                  | day       the same on another day
                  | undo      as it was before the last change
                  | first     as it was in the request
                  | wait      no change; the answer is "take your time"
    answer       := number ("ticket" | "tickets") "from" origin "to" destination "on" day
                  | "take your time"

`grammar` returns the wordings of each, `CITIES`, `DAYS` and `NUMBERS` hold the slots' values. An
``undo`` takes back one change more than the ``undo`` before it; ``first`` is itself a change.

Source: written for this book.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import NamedTuple

import numpy as np

from gatedrnn.data.packages import DataSource

__all__ = [
    "CITIES",
    "DAYS",
    "NUMBERS",
    "SOURCE",
    "TAKE_YOUR_TIME",
    "UNSEEN_CITY",
    "UNSEEN_WORDINGS",
    "WORDINGS",
    "Booking",
    "Conversation",
    "RailwayGrammar",
    "Turn",
    "answer_to",
    "slots_right",
]

NUMBERS = ("one", "two", "three", "four", "five", "six")
DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
CITIES = (
    "bath", "derby", "dover", "durham", "exeter", "leeds",
    "lincoln", "luton", "oxford", "preston", "truro", "york",
)  # fmt: skip
#: A city that no conversation is drawn with, to see what happens to it.
UNSEEN_CITY = "hull"

WORDINGS = {
    "request": (
        "{number} from {origin} to {destination} on {day} please",
        "on {day} from {origin} to {destination} for {number}",
        "to {destination} from {origin} on {day} , we are {number}",
        "i need {number} seats to {destination} on {day} , leaving {origin}",
        "we leave {origin} on {day} and go to {destination} , {number} of us",
    ),
    "back": ("and back ?", "the other way please", "now the way back", "and the return ?"),
    "number": ("the same for {number}", "make it {number}", "now we are {number}",
               "for {number} please"),
    "day": ("rather on {day}", "the same on {day}", "what about {day} ?", "make it {day}"),
    "undo": ("no , as before", "no , undo that", "sorry , not that", "no , the one before"),
    "first": ("back to my first request", "what did i say first ?", "as i said at first",
              "the first one again please"),
    "wait": ("one moment please", "let me think", "thank you", "my phone rings"),
}  # fmt: skip
#: Wordings of the same words that no conversation is drawn with, unless asked for.
UNSEEN_WORDINGS = {
    "request": ("on {day} we go to {destination} from {origin} , {number} please",),
    "back": ("and now the other way ?",),
    "number": ("now {number} of us please",),
    "day": ("what about on {day} please ?",),
    "undo": ("sorry , as before",),
    "first": ("my first request again",),
    "wait": ("thank you , one moment",),
}
#: How often each follow-up is drawn, of those that are possible.
WEIGHTS = {"back": 4, "number": 4, "day": 4, "undo": 3, "first": 3, "wait": 3}
TAKE_YOUR_TIME = "take your time"
#: Between the turns of a conversation.
TURN_END = "|"


class Booking(NamedTuple):
    """What the desk has understood."""

    number: str
    origin: str
    destination: str
    day: str

    def __str__(self) -> str:
        tickets = "ticket" if self.number == "one" else "tickets"
        return f"{self.number} {tickets} from {self.origin} to {self.destination} on {self.day}"

    @classmethod
    def read(cls, answer: str) -> Booking | None:
        """Return the booking that an answer states; None if it states none.

        The form has to be the grammar's; the slots may hold any words.
        """
        found = re.fullmatch(r"(\S+) tickets? from (\S+) to (\S+) on (\S+)", answer)
        return None if found is None else cls(*found.groups())

    def reversed(self) -> Booking:
        """Return the way back."""
        return self._replace(origin=self.destination, destination=self.origin)


class Turn(NamedTuple):
    """What a customer means by a turn: an intention and, of some, a value.

    Attributes
    ----------
    intent : str
        A key of `WORDINGS`.
    value : Booking, str or None
        Of ``request`` a booking, of ``number`` and ``day`` a word.
    """

    intent: str
    value: Booking | str | None = None

    @property
    def slots(self) -> dict[str, str]:
        """What its wording has gaps for."""
        if isinstance(self.value, Booking):
            return self.value._asdict()
        return {} if self.value is None else {self.intent: self.value}


@dataclass(frozen=True)
class Conversation:
    """What a customer said up to now, and the right answer to the last turn.

    Attributes
    ----------
    turns : tuple of Turn
        What was meant.
    said : tuple of str
        The words, lower case, separated by spaces.
    """

    turns: tuple[Turn, ...]
    said: tuple[str, ...]

    @property
    def text(self) -> str:
        """All turns, each ended by a bar: what a model reads."""
        return " ".join(f"{words} {TURN_END}" for words in self.said)

    @property
    def answer(self) -> str:
        """What the desk should say."""
        return answer_to(self.turns)


def answer_to(turns: Sequence[Turn]) -> str:
    """Return the right answer to the last of some turns.

    Raises
    ------
    ValueError
        If they do not begin with a request, or undo what nobody did.
    """
    history: list[Booking] = []
    for intent, value in turns:
        if (intent == "request") == bool(history):
            raise ValueError(f"turns: expected one request, at the beginning, got {turns}")
        if intent == "undo" and len(history) < 2:
            raise ValueError(f"turns: expected a change before an undo, got {turns}")
        match intent:
            case "request":
                history.append(value)
            case "back":
                history.append(history[-1].reversed())
            case "number" | "day":
                history.append(history[-1]._replace(**{intent: value}))
            case "undo":
                history.pop()
            case "first":
                history.append(history[0])
    if not history:
        raise ValueError("turns: expected at least a request, got none")
    return TAKE_YOUR_TIME if turns[-1].intent == "wait" else str(history[-1])


def slots_right(answer: str, wanted: str) -> tuple[int, int]:
    """Return how many slots of an answer are right, and of how many.

    "take your time" counts as one slot. An answer of another form has none right.
    """
    booking = Booking.read(wanted)
    if booking is None:
        return int(answer == wanted), 1
    read = Booking.read(answer) or ("",) * 4
    return sum(a == b for a, b in zip(read, booking, strict=True)), 4


class RailwayGrammar:
    """Draws what is meant, says it in words, and understands such words again.

    Parameters
    ----------
    wordings : dict of str to tuple of str, optional
        Of each intention, with gaps such as ``{day}``.
    """

    def __init__(self, wordings: dict[str, tuple[str, ...]] = WORDINGS) -> None:
        self.wordings = wordings

    def __str__(self) -> str:
        rows = [
            f"{intent + ' :=':12}{wording}" if k == 0 else f"{'|':>10}  {wording}"
            for intent, wordings in self.wordings.items()
            for k, wording in enumerate(wordings)
        ]
        return "\n".join(rows)

    def draw(
        self, routes: Sequence[tuple[str, str]], num_turns: int, rng: np.random.Generator
    ) -> tuple[Turn, ...]:
        """Return turns that begin with a request for one of the routes, in either direction."""
        route = [str(city) for city in rng.permutation(routes[rng.integers(len(routes))])]
        booking = Booking(_pick(NUMBERS, rng), *route, _pick(DAYS, rng))
        turns, changes = [Turn("request", booking)], 0
        while len(turns) < num_turns:
            weights = WEIGHTS if changes else {**WEIGHTS, "undo": 0, "first": 0}
            shares = np.array(list(weights.values())) / sum(weights.values())
            intent = str(rng.choice(list(weights), p=shares))
            value = {"number": NUMBERS, "day": DAYS}.get(intent)
            turns.append(Turn(intent, None if value is None else _pick(value, rng)))
            changes += {"wait": 0, "undo": -1}.get(intent, 1)
        return tuple(turns)

    def say(self, turns: Sequence[Turn], rng: np.random.Generator) -> Conversation:
        """Return the turns in words drawn at random from their wordings."""
        said = (_pick(self.wordings[turn.intent], rng).format(**turn.slots) for turn in turns)
        return Conversation(tuple(turns), tuple(said))

    def understand(self, said: str | Sequence[str]) -> Conversation:
        """Return what was meant by turns in the grammar's own words: rules, nothing learnt.

        Raises
        ------
        ValueError
            If a turn has none of the wordings; the message quotes it.
        """
        turns = []
        said = (said,) if isinstance(said, str) else tuple(said)
        for words in said:
            matches = ((intent, rule.fullmatch(words)) for intent, rule in self._rules())
            found = next(((intent, match) for intent, match in matches if match), None)
            if found is None:
                raise ValueError(f"said: expected one of the grammar's wordings, got {words!r}")
            intent, slots = found[0], found[1].groupdict()
            value = Booking(**slots) if intent == "request" else slots.get(intent)
            turns.append(Turn(intent, value))
        return Conversation(tuple(turns), said)

    @cache  # noqa: B019 - there are two grammars
    def _rules(self) -> list[tuple[str, re.Pattern]]:
        cities = "|".join((*CITIES, UNSEEN_CITY))
        values = {"number": "|".join(NUMBERS), "day": "|".join(DAYS)}
        gaps = {
            name: f"(?P<{name}>{values.get(name, cities)})" for name in ("number", *Booking._fields)
        }
        return [
            (intent, re.compile(wording.replace("?", r"\?").format(**gaps)))
            for intent, wordings in self.wordings.items()
            for wording in wordings
        ]


def _pick(values: Sequence[str], rng: np.random.Generator) -> str:
    return values[rng.integers(len(values))]


SOURCE = DataSource(
    name="Railway desk",
    case="dialogue",
    size="5,500 conversations as the study draws them",
    requirement="",
    licence="that of this library",
    source="made by a grammar of gatedrnn.data.dialogue",
)
