r"""Formal languages: train on short strings, then see how far it goes.

The score of each is a *reach*: up to which length, or depth, everything is right.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from gatedrnn import data
from gatedrnn.functional import softmax_cross_entropy, squared_error
from gatedrnn.study.tasks.problem import TEST_SEED, Problem

__all__ = ["anbn", "anbncn", "bracket_depth", "parity"]


def anbn(seed: int, **settings) -> Problem:
    """Predict the end of aⁿbⁿ; the score is the longest n up to which all strings are right."""
    return _strings(data.anbn, seed, **settings)


def anbncn(seed: int, **settings) -> Problem:
    """Predict aⁿbⁿcⁿ from the first b on; the score is as in `anbn`."""
    return _strings(data.anbncn, seed, **settings)


def _strings(
    language,
    seed: int,
    *,
    longest: int,
    tested: int,
    batches: int = 50,
    batch_size: int = 32,
) -> Problem:
    """Train on strings with n up to `longest`; test on all n up to `tested`, one string each."""
    rng = np.random.default_rng([seed, 0])

    def draw() -> tuple:
        return language(rng.integers(1, longest + 1, batch_size))

    xs = language([1])[0]

    def score(model, lengths: list[int]) -> float:
        return float(_reach(model, language, lengths))

    return Problem(
        train=data.FreshBatches(draw, batches),
        valid=[language(np.arange(1, longest + 1))],
        test=list(range(1, tested + 1)),
        loss=softmax_cross_entropy,
        score=score,
        input_size=xs.shape[-1],
        output_size=xs.shape[-1],
        readout="all",
    )


def _reach(model, language, lengths: list[int], at_once: int = 50) -> int:
    """Return the longest n up to which every string has each determined symbol right."""
    for start in range(0, len(lengths), at_once):
        some = lengths[start : start + at_once]
        xs, targets, mask = language(np.array(some))
        wrong = ((model.forward(xs)[0].argmax(-1) != targets) & (mask > 0)).any(0)
        if wrong.any():
            return some[int(wrong.argmax())] - 1
    return lengths[-1]


def parity(
    seed: int,
    *,
    steps: int,
    tested: int,
    batches: int = 50,
    batch_size: int = 64,
    strings: int = 200,
    right: float = 0.99,
) -> Problem:
    """Say after each bit whether the ones so far are odd; the score is the longest right prefix.

    It is the number of steps before the share of right answers first falls below `right`.
    """
    rng, valid_rng, test_rng = (np.random.default_rng(s) for s in ([seed, 0], [seed, 1], TEST_SEED))

    def score(model, batch: tuple) -> float:
        xs, targets = batch
        good = (model.forward(xs)[0].argmax(-1) == targets).mean(1) >= right
        return float(len(good) if good.all() else good.argmin())

    test = data.parity(tested, strings, rng=test_rng)
    return Problem(
        train=data.FreshBatches(lambda: data.parity(steps, batch_size, rng=rng), batches),
        valid=[data.parity(steps, 256, rng=valid_rng)],
        test=test,
        loss=softmax_cross_entropy,
        score=score,
        input_size=test[0].shape[-1],
        output_size=2,
        readout="all",
    )


def bracket_depth(
    seed: int,
    *,
    steps: int,
    max_depth: int,
    tested_depths: Sequence[int],
    batches: int = 50,
    batch_size: int = 64,
    strings: int = 100,
    right: float = 0.99,
) -> Problem:
    """Say after each bracket how many are open; the score is the greatest depth it can stand.

    It is tested on strings of growing depth, ``8 * depth`` steps each. An answer is right if it
    rounds to the depth; the score is the last of `tested_depths` before the share of right
    answers first falls below `right`, and 0 if that happens at once.
    """
    rng, valid_rng, test_rng = (np.random.default_rng(s) for s in ([seed, 0], [seed, 1], TEST_SEED))

    def draw(n: int, generator: np.random.Generator) -> tuple:
        xs, depths = data.bracket_depth(steps, n, rng=generator, max_depth=max_depth)
        return xs, depths / max_depth  # from 0 to 1, where a new network's outputs are

    def score(model, test: dict) -> float:
        reached = 0
        for depth, (xs, depths) in test.items():
            answers = model.forward(xs)[0] * max_depth
            if np.mean(np.abs(answers - depths) < 0.5) < right:
                break
            reached = depth
        return float(reached)

    return Problem(
        train=data.FreshBatches(lambda: draw(batch_size, rng), batches),
        valid=[draw(256, valid_rng)],
        test={
            depth: data.bracket_depth(8 * depth, strings, rng=test_rng, max_depth=depth)
            for depth in tested_depths
        },
        loss=squared_error,
        score=score,
        input_size=2,
        output_size=1,
        readout="all",
    )
