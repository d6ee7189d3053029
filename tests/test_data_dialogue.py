"""The railway desk: its rules recomputed by hand, parts without leaks, words in and words out."""

from collections import Counter

import numpy as np
import pytest

from gatedrnn.data import (
    Booking,
    ConversationBatches,
    DialogueTokens,
    RailwayGrammar,
    Turn,
    UnknownWordsError,
    hard_conversations,
    nearest_answers,
    railway_dialogues,
    railway_routes,
    slots_right,
)
from gatedrnn.data.dialogue import (
    CITIES,
    DAYS,
    NUMBERS,
    UNSEEN_CITY,
    UNSEEN_WORDINGS,
    WORDINGS,
    answer_to,
)


@pytest.fixture(scope="module")
def dialogues():
    return railway_dialogues(np.random.default_rng(0), sizes=(600, 80, 80))


@pytest.fixture(scope="module")
def tokens(dialogues):
    return DialogueTokens(dialogues.train)


def cities_of(conversation):
    request = conversation.turns[0].value
    return frozenset((request.origin, request.destination))


def test_answers_worked_out_by_hand():
    """Every rule once, in one conversation; the bookings are written out."""
    said = (
        ("two from york to bath on monday please", "two tickets from york to bath on monday"),
        ("and back ?", "two tickets from bath to york on monday"),
        ("make it one", "one ticket from bath to york on monday"),
        ("one moment please", "take your time"),
        ("make it friday", "one ticket from bath to york on friday"),
        ("no , as before", "one ticket from bath to york on monday"),
        ("no , undo that", "two tickets from bath to york on monday"),
        ("what did i say first ?", "two tickets from york to bath on monday"),
        ("sorry , not that", "two tickets from bath to york on monday"),
        ("the other way please", "two tickets from york to bath on monday"),
    )
    grammar = RailwayGrammar()
    for k, (_, answer) in enumerate(said, 1):
        conversation = grammar.understand(tuple(words for words, _ in said[:k]))
        assert conversation.answer == answer


@pytest.mark.parametrize(
    ("turns", "message"),
    [
        ([], "expected at least a request, got none"),
        ([Turn("back")], "expected one request, at the beginning"),
        ([Turn("request", Booking("one", "york", "bath", "monday"))] * 2, "one request"),
        ([Turn("request", Booking("one", "york", "bath", "monday")), Turn("undo")],
         "expected a change before an undo"),
    ],
)  # fmt: skip
def test_turns_without_sense_are_refused(turns, message):
    with pytest.raises(ValueError, match=message):
        answer_to(turns)


def test_every_wording_is_understood_as_what_it_was_drawn_from(dialogues):
    """The rules, which see the words alone, against the draw; both of two ways to an answer."""
    grammar = RailwayGrammar()
    for part in (dialogues.train, dialogues.valid, dialogues.test, dialogues.seen):
        for one in part:
            assert grammar.understand(one.said) == one
    said = Counter(words for one in dialogues.train for words in one.said)
    assert all(said[words] for words in WORDINGS["undo"] + WORDINGS["wait"])


def test_other_wordings_are_not_understood():
    grammar = RailwayGrammar()
    assert not {w for ws in WORDINGS.values() for w in ws} & {
        w for ws in UNSEEN_WORDINGS.values() for w in ws
    }
    with pytest.raises(ValueError, match="expected one of the grammar's wordings, got 'hello'"):
        grammar.understand(("two from york to bath on monday please", "hello"))


def test_the_grammar_shows_its_wordings():
    shown = str(RailwayGrammar())
    assert all(wording in shown for wordings in WORDINGS.values() for wording in wordings)


def test_no_route_is_in_two_parts(dialogues):
    on = {
        name: {cities_of(one) for one in getattr(dialogues, name)}
        for name in ("train", "valid", "test", "seen")
    }
    assert not on["train"] & on["valid"]
    assert not on["train"] & on["test"]
    assert not on["valid"] & on["test"]
    assert on["seen"] <= {frozenset(route) for route in dialogues.routes["train"]}
    assert not {one.text for one in dialogues.train} & {one.text for one in dialogues.seen}


def test_every_slot_value_is_trained_in_every_role(dialogues):
    requests = [one.turns[0].value for one in dialogues.train]
    assert {request.origin for request in requests} == set(CITIES)
    assert {request.destination for request in requests} == set(CITIES)
    assert {request.number for request in requests} == set(NUMBERS)
    assert {request.day for request in requests} == set(DAYS)
    assert {len(one.turns) for one in dialogues.train} == {1, 2, 3, 4}


def test_conversations_are_different_and_repeatable(dialogues):
    for part in (dialogues.train, dialogues.valid, dialogues.test):
        assert len({one.said for one in part}) == len(part)
    again = railway_dialogues(np.random.default_rng(0), sizes=(600, 80, 80))
    assert again == dialogues
    assert railway_dialogues(np.random.default_rng(1), sizes=(600, 80, 80)) != dialogues


def test_routes_leave_enough_to_train_on():
    routes = railway_routes(np.random.default_rng(3))
    assert [len(routes[name]) for name in ("train", "valid", "test")] == [46, 10, 10]
    seen = Counter(city for route in routes["train"] for city in route)
    assert min(seen[city] for city in CITIES) >= 4
    with pytest.raises(ValueError, match="expected at most 20 of the 66 routes together, got 30"):
        railway_routes(np.random.default_rng(0), valid=10, test=20)


def test_more_conversations_than_there_are_is_an_error():
    with pytest.raises(ValueError, match="size: expected at most"):
        railway_dialogues(np.random.default_rng(0), sizes=(10, 10, 5000), turns=(1, 1))


def test_hard_conversations_are_what_they_are_said_to_be(dialogues, tokens):
    hard = hard_conversations(np.random.default_rng(0), dialogues.routes["test"], 40)
    assert {len(one.turns) for one in hard["longer"]} == {6, 7, 8}
    trained = {words for one in dialogues.train for words in one.said}
    for one in hard["reworded"]:
        tokens.check(one.text)  # known words ...
        assert not trained & set(one.said)  # ... in an unknown order
    for one in hard["new city"]:
        assert UNSEEN_CITY in cities_of(one)
        assert (UNSEEN_CITY in one.answer) == (one.answer != "take your time")
        with pytest.raises(UnknownWordsError):
            tokens.check(one.text)
    test_routes = {frozenset(route) for route in dialogues.routes["test"]}
    assert {cities_of(one) for one in hard["longer"] + hard["reworded"]} <= test_routes


def test_slots_are_counted():
    wanted = "two tickets from york to bath on monday"
    assert slots_right(wanted, wanted) == (4, 4)
    assert slots_right("two tickets from bath to york on monday", wanted) == (2, 4)
    assert slots_right("three tickets from york to york on sunday", wanted) == (1, 4)
    assert slots_right("take your time", wanted) == (0, 4)
    assert slots_right("two from york to bath", wanted) == (0, 4)
    assert slots_right("take your time", "take your time") == (1, 1)
    assert slots_right(wanted, "take your time") == (0, 1)


def test_retrieval_finds_a_known_question_and_is_blind_to_a_new_route(dialogues):
    train = dialogues.train
    assert nearest_answers(train, train[:20]) == [one.answer for one in train[:20]]
    for answer, one in zip(nearest_answers(train, dialogues.test), dialogues.test, strict=True):
        booking = Booking.read(answer)
        assert booking is None or {booking.origin, booking.destination} != cities_of(one)


def test_unknown_words_are_named_with_a_known_one_like_it(tokens):
    tokens.check("two from york to bath |")
    with pytest.raises(UnknownWordsError, match=r"got 'yorck' \(close to it: 'york'\), 'xyzzy'$"):
        tokens.check("two from yorck to xyzzy |")


def test_batches_hold_every_conversation_once(dialogues, tokens):
    batches = ConversationBatches(
        tokens, dialogues.train, batch_size=64, rng=np.random.default_rng(0)
    )
    seen = []
    for batch in batches:
        source, read = batch.inputs
        assert len(source) == batch.lengths.max()
        assert (read[0] == tokens.start).all()
        for n, length in enumerate(batch.lengths):
            written = batch.targets[:, n][batch.mask[:, n] > 0]
            assert written[-1] == tokens.stop
            np.testing.assert_array_equal(read[1 : len(written), n], written[:-1])
            text = " ".join(tokens.source.decode(source[:length, n]))
            seen.append((text, " ".join(tokens.target.decode(written[:-1]))))
    assert sorted(seen) == sorted((one.text, one.answer) for one in dialogues.train)
    assert len(batches) == 10
