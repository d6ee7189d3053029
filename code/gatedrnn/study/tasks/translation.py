r"""Translation: dates written out in English, into another language, character by character."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import numpy as np

from gatedrnn import data
from gatedrnn.data.dates import DatedPairs, split_by_date, written_dates
from gatedrnn.data.pairs import PairBatches, PairTokens
from gatedrnn.functional import softmax_cross_entropy
from gatedrnn.seq2seq import EncoderDecoder
from gatedrnn.study.tasks.problem import Problem
from gatedrnn.translation import agreement, exact_match, nearest_sources

__all__ = ["dates", "pairs_for_study"]

#: The texts and their split are the same in all runs; a seed decides weights and order.
DATA_SEED = 2018
DRAWS = 6000


def dates(
    seed: int,
    *,
    language: str = "zh",
    attention: str = "none",
    pairs: int = 2400,
    longest: int = 20,
    embedding_size: int = 16,
    batch_size: int = 64,
) -> Problem:
    """Translate dates; the score is the share of test sources translated without any error.

    Train, valid and the scored test have sources of at most `longest` characters; no date is in
    two of them. The longer sources of the test go into the details.

    Parameters
    ----------
    seed : int
    language : {"zh", "de", "fr"}
        Of the targets.
    attention : {"none", "dot", "additive"}
    pairs : int
        How many there are to train on.
    longest : int
        Characters of the longest source to train on.
    embedding_size, batch_size : int
    """
    train, valid, test, longer = pairs_for_study(language, pairs, longest)
    tokens = PairTokens(train)

    def build(cell, hidden_size: int, *, rng: np.random.Generator, **options) -> EncoderDecoder:
        sides = (cell(embedding_size, hidden_size, rng=rng, **options) for _ in range(2))
        return EncoderDecoder(
            *sides,
            len(tokens.source),
            len(tokens.target),
            attention=None if attention == "none" else attention,
            rng=rng,
        )

    def baselines() -> dict[str, float]:
        nearest, _ = nearest_sources(train.sources, test.sources)
        remembered = [train.targets[index] for index in nearest]
        return {
            "copy": exact_match(test.sources, test.targets),
            "nearest source": exact_match(remembered, test.targets),
        }

    return Problem(
        train=PairBatches(
            tokens, train, batch_size=batch_size, rng=np.random.default_rng([seed, 0])
        ),
        valid=list(PairBatches(tokens, valid, batch_size=256)),
        test=[tokens.batch(test), tokens.batch(longer)],
        loss=softmax_cross_entropy,
        score=_exact,
        baselines=baselines,
        details=_details,
        build=build,
    )


@lru_cache(maxsize=8)
def pairs_for_study(
    language: str = "zh", pairs: int = 2400, longest: int = 20
) -> tuple[DatedPairs, DatedPairs, DatedPairs, DatedPairs]:
    """Return train, valid, test, and the part of the test with longer sources.

    Raises
    ------
    ValueError
        If there are fewer pairs to train on.
    """
    rng = np.random.default_rng(DATA_SEED)
    parts = split_by_date(written_dates(DRAWS, language, rng=rng), valid=0.1, test=0.2, rng=rng)
    train, valid, test = (_of_length(part, range(longest + 1)) for part in parts)
    if not 0 < pairs <= len(train):
        raise ValueError(f"pairs: expected from 1 to {len(train)}, got {pairs}")
    return train.take(range(pairs)), valid, test, _of_length(parts[2], range(longest + 1, 99))


def _of_length(pairs: DatedPairs, lengths: Sequence[int]) -> DatedPairs:
    return pairs.take([n for n, source in enumerate(pairs.sources) if len(source) in lengths])


def _exact(model: EncoderDecoder, batches: list[data.Batch]) -> float:
    return agreement(model, batches[0]).whole


def _details(model: EncoderDecoder, batches: list[data.Batch]) -> dict:
    """Return the agreement within the trained lengths, and the exact match by length."""
    within = agreement(model, batches[0])
    right: dict[int, list[bool]] = {}
    for batch in batches:
        found = agreement(model, batch)
        whole = (found.right | ~found.mask).all(0)
        for length, one in zip(batch.lengths, whole, strict=True):
            right.setdefault(int(length), []).append(bool(one))
    return {
        "loss": round(within.loss, 5),
        "characters": round(within.characters, 5),
        "longer": round(agreement(model, batches[1]).whole, 5),
        "by_length": {str(k): round(float(np.mean(right[k])), 4) for k in sorted(right)},
    }
