"""Studies: the same search, budget and seeds for every cell, and what may be said of the outcome.

A study is written down as TOML (`gatedrnn.study.configuration`), run by ``gatedrnn study run`` and
read back by `load_results`.
"""

from gatedrnn.study.budget import count_parameters, equal_sizes, hidden_size_for_budget
from gatedrnn.study.design import Condition, Run, Study, Variant
from gatedrnn.study.results import Comparison, Results, load_results
from gatedrnn.study.statistics import (
    Interval,
    bootstrap_interval,
    corrected,
    effect_size,
    paired_difference,
    sign_flip_test,
    verdict,
)
from gatedrnn.study.studies import STUDIES, find_study

__all__ = [
    "STUDIES",
    "Comparison",
    "Condition",
    "Interval",
    "Results",
    "Run",
    "Study",
    "Variant",
    "bootstrap_interval",
    "corrected",
    "count_parameters",
    "effect_size",
    "equal_sizes",
    "find_study",
    "hidden_size_for_budget",
    "load_results",
    "paired_difference",
    "sign_flip_test",
    "verdict",
]
