"""The study of the railway desk: what its score counts, and what its runs share."""

import numpy as np
import pytest

from gatedrnn.cells import GRU
from gatedrnn.data.dialogue import RailwayGrammar
from gatedrnn.seq2seq import Decoded
from gatedrnn.study import STUDIES
from gatedrnn.study.tasks import make_problem
from gatedrnn.study.tasks.dialogue import right_answers, share_of_slots
from gatedrnn.train import TrainConfig, fit

SMALL = {"sizes": [800, 30, 60]}


@pytest.fixture(scope="module")
def problem():
    return make_problem("dialogue", 0, SMALL)


class Scripted:
    """Stands for a model: writes what a function makes of the grammar's answer."""

    def __init__(self, tokens, change):
        self.tokens, self.change = tokens, change

    def decode(self, source, lengths, **_):
        answers = []
        for column, length in zip(source.T, lengths, strict=True):
            text = " ".join(self.tokens.source.decode(column[:length]))
            said = tuple(words.strip() for words in text.split("|")[:-1])
            try:
                answer = RailwayGrammar().understand(said).answer
            except ValueError:
                answer = "take your time"
            answers.append(self.tokens.target.encode(self.change(answer)))
        return Decoded(answers, np.zeros(len(answers)), None)


def tokens_of(problem):
    return problem.train.tokens


def test_rules_that_know_the_grammar_answer_everything_but_what_is_outside(problem):
    rules = Scripted(tokens_of(problem), lambda answer: answer)
    assert problem.score(rules, problem.test) == 1
    details = problem.details(rules, problem.test)
    assert (details["slots"], details["seen"], details["longer"]) == (1, 1, 1)
    assert details["reworded"] < 0.3  # the wordings are not those of the rules
    assert details["new city"] < 0.3  # the city is none of the words


def test_one_wrong_slot_is_a_wrong_answer(problem):
    late = Scripted(tokens_of(problem), lambda answer: answer.replace("monday", "tuesday"))
    monday = np.mean(["monday" in one.answer for one in problem.test["test"]])
    assert 0 < monday < 1
    assert problem.score(late, problem.test) == pytest.approx(1 - monday)
    said = [one.answer.replace("monday", "tuesday") for one in problem.test["test"]]
    assert right_answers(said, problem.test["test"]) == pytest.approx(1 - monday)
    assert share_of_slots(said, problem.test["test"]) > 1 - monday / 2


def test_a_model_that_says_nothing_is_wrong_and_no_error(problem):
    silent = Scripted(tokens_of(problem), lambda answer: "")
    assert problem.score(silent, problem.test) == 0
    assert problem.details(silent, problem.test)["slots"] == 0


def test_the_last_turns_add_up_to_the_score(problem):
    late = Scripted(tokens_of(problem), lambda answer: answer.replace("monday", "tuesday"))
    details = problem.details(late, problem.test)
    last = [one.turns[-1].intent for one in problem.test["test"]]
    total = sum(details[f"last turn {name}"] * last.count(name) for name in set(last))
    assert total / len(last) == pytest.approx(problem.score(late, problem.test), abs=1e-3)


def test_retrieval_gets_no_booking_right(problem):
    """On a new route no known answer is right; what it may get is "take your time"."""
    waits = np.mean([one.answer == "take your time" for one in problem.test["test"]])
    baselines = problem.baselines()
    assert set(baselines) == {"most frequent answer", "nearest question"}
    assert max(baselines.values()) <= waits + 1e-9


def test_with_and_without_attention(problem):
    rng = np.random.default_rng(0)
    assert problem.build(GRU, 5, rng=rng).attention is not None
    without = make_problem("dialogue", 0, {**SMALL, "attention": "none"})
    assert without.build(GRU, 5, rng=rng).attention is None


def test_a_small_model_learns_something():
    problem = make_problem("dialogue", 0, {"sizes": [60, 20, 20], "batch_size": 20})
    model = problem.build(GRU, 16, rng=np.random.default_rng(0))
    config = TrainConfig(epochs=6, learning_rate=0.01, progress=False)
    history = fit(model, problem.train, config, problem.loss, valid=problem.valid)
    assert history.train_loss[-1] < 0.8 * history.train_loss[0]


def test_the_study_compares_both_on_equal_terms():
    study = STUDIES["dialogue"]
    assert [one.settings["attention"] for one in study.conditions] == ["additive", "none"]
    assert len({one.parameters for one in study.conditions}) == 1
