r"""What may be said of a race: who is ahead, by how much, and whether a simple method does as well.

Two things are left to chance, and a difference has to hold against both: the seeds, by Student's
interval of the paired differences, and the test targets, by a bootstrap over blocks of them.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from gatedrnn.comparison.problem import Problem
from gatedrnn.comparison.race import Outcome
from gatedrnn.study.statistics import Interval, paired_difference

__all__ = ["Contrast", "Judgement", "contrast", "judge"]

RESAMPLES = 2000
GATED = ("LSTM", "GRU")


@dataclass(frozen=True)
class Contrast:
    """One thing's score minus another's.

    Attributes
    ----------
    first, second : str
    seeds : Interval
        Over seeds.
    targets : Interval
        Over test targets.
    higher_is_better : bool
    """

    first: str
    second: str
    seeds: Interval
    targets: Interval
    higher_is_better: bool

    @property
    def ahead(self) -> str | None:
        """Who is better, if both intervals leave no doubt."""
        for name, side in ((self.first, 1), (self.second, -1)):
            sign = side if self.higher_is_better else -side
            ends = (self.seeds, self.targets)
            if all(min(sign * one.low, sign * one.high) > 0 for one in ends):
                return name
        return None


@dataclass(frozen=True)
class Judgement:
    """The verdict.

    Attributes
    ----------
    ahead : {"LSTM", "GRU", None}
    sentences : tuple of str
        The verdict, the figures behind it, how the two stand to the plain RNN, and how all
        stand to the best baseline; or that nothing can be concluded.
    contrasts : tuple of Contrast
    """

    ahead: str | None
    sentences: tuple[str, ...]
    contrasts: tuple[Contrast, ...] = ()
    best_baseline: str = ""


def contrast(
    first: str, second: str, one: np.ndarray, two: np.ndarray, problem: Problem
) -> Contrast:
    """Compare losses of shape (seeds, n) with others, or with those (n,) of a baseline."""
    two = np.broadcast_to(two, one.shape)
    return Contrast(
        first,
        second,
        paired_difference(problem.summarise(one), problem.summarise(two)),
        _over_targets(one.mean(0), two.mean(0), problem),
        problem.higher_is_better,
    )


def _over_targets(one: np.ndarray, two: np.ndarray, problem: Problem) -> Interval:
    """Return the percentile interval of the difference over resampled blocks of targets."""
    n = len(one)
    block = max(1, min(problem.block, n // 5))
    rng = np.random.default_rng(0)
    starts = rng.integers(0, n, (RESAMPLES, -(-n // block)))

    def scores(losses: np.ndarray) -> np.ndarray:
        # Blocks go round the end, so that every target is as likely as any other.
        total = np.concatenate([[0.0], np.cumsum(np.concatenate([losses, losses[:block]]))])
        means = (total[starts + block] - total[starts]) / block
        return problem.summarise(means)

    difference = scores(one) - scores(two)
    low, high = np.quantile(difference, (0.025, 0.975))
    mean = float(problem.summarise(one) - problem.summarise(two))
    return Interval(mean, float(low), float(high))


def judge(problem: Problem, outcome: Outcome) -> Judgement:
    """Say what the race has shown."""
    score = {name: float(problem.summarise(one)) for name, one in problem.baselines.items()}
    choose = max if problem.higher_is_better else min
    baseline = choose(score, key=score.get)
    rounds = outcome.rounds()
    if len(rounds) < 2:
        why = {
            "time": "the time was over; give it more minutes",
            "interrupted": "it was interrupted",
            "all seeds": "there were no more seeds, or trainings diverged",
        }[outcome.ended]
        said = (
            f"Nothing can be concluded: {len(rounds)} of at least 2 rounds of all cells "
            f"{'was' if len(rounds) == 1 else 'were'} complete when {why}."
        )
        return Judgement(None, (said,), best_baseline=baseline)
    losses = {cell: np.stack([run.losses for run in outcome.of(cell)]) for cell in outcome.sizes}
    gates = contrast("LSTM", "GRU", losses["LSTM"], losses["GRU"], problem)
    plain = [contrast(cell, "RNN", losses[cell], losses["RNN"], problem) for cell in GATED]
    simple = [
        contrast(cell, baseline, losses[cell], problem.baselines[baseline], problem)
        for cell in outcome.sizes
    ]
    return Judgement(
        gates.ahead,
        (*_say_gates(gates, problem), _say_plain(plain), _say_simple(simple, baseline, score)),
        (gates, *plain, *simple),
        baseline,
    )


def _say_gates(one: Contrast, problem: Problem) -> tuple[str, str]:
    """Return the verdict, and the figures behind it."""
    better = "more" if problem.higher_is_better else "less"
    detail = (
        f"LSTM minus GRU is {one.seeds.mean:+.3g} in {problem.score_name}, of which {better} is "
        f"better; the 95 % interval goes from {one.seeds.low:+.3g} to {one.seeds.high:+.3g} over "
        f"seeds, and from {one.targets.low:+.3g} to {one.targets.high:+.3g} over test targets."
    )
    if one.ahead is None:
        return "No difference shown between LSTM and GRU.", detail
    return f"{one.ahead} ahead.", detail


def _say_plain(plain: list[Contrast]) -> str:
    ahead = [one.first for one in plain if one.ahead == one.first]
    behind = [one.first for one in plain if one.ahead == "RNN"]
    if len(ahead) == 2:
        return "Both beat the plain RNN."
    if len(behind) == 2:
        return "The plain RNN beats both."
    if ahead and behind:
        return f"The {ahead[0]} beats the plain RNN, which beats the {behind[0]}."
    if ahead:
        return f"The {ahead[0]} beats the plain RNN, the other is not shown to."
    if behind:
        return f"The plain RNN beats the {behind[0]}, and is not shown to be behind the other."
    return "Neither is shown to beat the plain RNN."


def _say_simple(simple: list[Contrast], baseline: str, score: dict[str, float]) -> str:
    named = f"the best baseline ({baseline}, {score[baseline]:.4g})"
    ahead = [one.first for one in simple if one.ahead == one.first]
    behind = [one.first for one in simple if one.ahead == baseline]
    if len(ahead) == len(simple):
        return f"All three beat {named}."
    if len(behind) == len(simple):
        return f"But none of the three is worth its effort here: {named} beats all of them."
    if ahead:
        said = f"{_and(ahead)} beat{'s' if len(ahead) == 1 else ''} {named}"
    else:
        said = f"But no cell is shown to beat {named}: it may do as well for you"
    return said + (
        f"; {_and(behind)} fall{'s' if len(behind) == 1 else ''} behind it." if behind else "."
    )


def _and(names: list[str]) -> str:
    return " and ".join(names)
