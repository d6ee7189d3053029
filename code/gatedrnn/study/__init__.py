"""Studies: the same search, budget and seeds for every cell, and what may be said of the outcome.

To be run as ``python -m gatedrnn.study``.
"""

from gatedrnn.study.budget import count_parameters, hidden_size_for_budget
from gatedrnn.study.design import Run, Study, Variant
from gatedrnn.study.ngram import NGram
from gatedrnn.study.results import Results, load_results
from gatedrnn.study.statistics import Interval, bootstrap_interval, paired_difference, verdict
from gatedrnn.study.studies import STUDIES, find_study

__all__ = [
    "STUDIES",
    "Interval",
    "NGram",
    "Results",
    "Run",
    "Study",
    "Variant",
    "bootstrap_interval",
    "count_parameters",
    "find_study",
    "hidden_size_for_budget",
    "load_results",
    "paired_difference",
    "verdict",
]
