r"""The railway desk: answers to conversations on routes that training has not seen."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from functools import cache

import numpy as np

from gatedrnn.data.conversations import (
    Dialogues,
    hard_conversations,
    nearest_answers,
    railway_dialogues,
)
from gatedrnn.data.dialogue import Conversation, slots_right
from gatedrnn.data.dialogue_tokens import ConversationBatches, DialogueTokens
from gatedrnn.functional import softmax_cross_entropy
from gatedrnn.seq2seq import EncoderDecoder
from gatedrnn.study.tasks.problem import TEST_SEED, Problem

__all__ = ["dialogue", "right_answers", "share_of_slots"]


def right_answers(answers: Sequence[str], conversations: Sequence[Conversation]) -> float:
    """Return the share of answers that are right, word by word."""
    pairs = zip(answers, conversations, strict=True)
    return float(np.mean([answer == one.answer for answer, one in pairs]))


def share_of_slots(answers: Sequence[str], conversations: Sequence[Conversation]) -> float:
    """Return the share of slots that are right, over all answers."""
    pairs = zip(answers, conversations, strict=True)
    right, all_of_them = np.sum([slots_right(answer, one.answer) for answer, one in pairs], 0)
    return float(right / all_of_them)


@cache
def _data(sizes: tuple[int, int, int]) -> tuple[Dialogues, dict[str, list[Conversation]]]:
    """Return the conversations, which all runs share, and those beyond what was trained."""
    data_set = railway_dialogues(np.random.default_rng(TEST_SEED), sizes=sizes)
    rng = np.random.default_rng([TEST_SEED, 1])
    return data_set, hard_conversations(rng, data_set.routes["test"])


def dialogue(
    seed: int,
    *,
    attention: str = "additive",
    batch_size: int = 64,
    embedding_size: int = 16,
    sizes: Sequence[int] = (4000, 500, 500),
) -> Problem:
    """Answer the last turn of a conversation; the score is the share of right answers.

    The conversations are the same for every seed, which draws the order of the batches. The
    routes of the test part, and those of the validation part, are in no training conversation.

    Parameters
    ----------
    attention : {"additive", "dot", "none"}
    """
    data_set, hard = _data(tuple(sizes))
    tokens = DialogueTokens(data_set.train)
    test = {"test": data_set.test, "seen": data_set.seen, **hard}

    def build(cell, hidden_size, *, rng, **options):
        encoder = cell(embedding_size, hidden_size, rng=rng, **options)
        decoder = cell(embedding_size, hidden_size, rng=rng, **options)
        kind = None if attention == "none" else attention
        words = len(tokens.source), len(tokens.target)
        return EncoderDecoder(encoder, decoder, *words, attention=kind, rng=rng)

    def answers(model, conversations):
        return tokens.answers(model, [one.text for one in conversations])[0]

    def score(model, test) -> float:
        return right_answers(answers(model, test["test"]), test["test"])

    def details(model, test) -> dict:
        """Shares of right slots on `test`, of right answers on the rest and by the last turn."""
        said = answers(model, test["test"])
        found = {"slots": share_of_slots(said, test["test"])}
        for name, part in test.items():
            if name != "test":
                found[name] = right_answers(answers(model, part), part)
        by_turn: dict[str, list[bool]] = {}
        for answer, one in zip(said, test["test"], strict=True):
            by_turn.setdefault(one.turns[-1].intent, []).append(answer == one.answer)
        found |= {f"last turn {name}": float(np.mean(own)) for name, own in by_turn.items()}
        return {name: round(value, 4) for name, value in found.items()}

    def baselines() -> dict[str, float]:
        usual = Counter(one.answer for one in data_set.train).most_common(1)[0][0]
        nearest = nearest_answers(data_set.train, data_set.test)
        return {
            "most frequent answer": right_answers([usual] * len(data_set.test), data_set.test),
            "nearest question": right_answers(nearest, data_set.test),
        }

    return Problem(
        train=ConversationBatches(
            tokens, data_set.train, batch_size=batch_size, rng=np.random.default_rng([seed, 0])
        ),
        valid=[tokens.batch(data_set.valid)],
        test=test,
        loss=softmax_cross_entropy,
        score=score,
        baselines=baselines,
        details=details,
        build=build,
    )
