r"""The studies of the book. To change one is to run it again."""

from __future__ import annotations

from gatedrnn.study.design import Study, Variant

__all__ = ["STUDIES", "find_study"]

_ALL = (
    Study(
        name="recall_lag",
        question=(
            "A digit is marked in a stream of digits; k more go by; which was it? Models are "
            "trained on lags from 1 to k and tested at k."
        ),
        task="recall",
        conditions=tuple({"lag": lag} for lag in (2, 4, 8, 16, 32, 64)),
        parameters=2500,
        epochs=20,
        patience=20,
    ),
    Study(
        name="adding_lengths",
        question="How well are two marked numbers of a long sequence added?",
        task="adding",
        conditions=tuple({"steps": steps} for steps in (25, 50, 100)),
        variants=(
            Variant("RNN", "RNN"),
            Variant("LSTM", "LSTM", {"forget_bias": 1.0}),
            Variant("LSTM, forget bias 0", "LSTM", {"forget_bias": 0.0}),
            Variant("GRU", "GRU"),
        ),
        parameters=2500,
        epochs=20,
        patience=20,
        search_seeds=(100,),
    ),
    Study(
        name="weather_quality",
        question="How well is tomorrow's highest temperature in Seattle forecast?",
        task="weather",
        parameters=4000,
        epochs=100,
        patience=10,
        search_seeds=(100, 101, 102),
    ),
    Study(
        name="text_quality",
        question="How well is the next character of Genesis predicted?",
        task="characters",
        parameters=30_000,
        epochs=40,
        patience=3,
        search_seeds=(100,),
    ),
)
STUDIES: dict[str, Study] = {study.name: study for study in _ALL}


def find_study(name: str) -> Study:
    """Return the study of a name.

    Raises
    ------
    ValueError
        If there is none.
    """
    if name not in STUDIES:
        raise ValueError(f"name: expected one of {sorted(STUDIES)}, got {name!r}")
    return STUDIES[name]
