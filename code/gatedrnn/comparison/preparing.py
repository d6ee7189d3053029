r"""From whatever the reader has to a problem: which of the three kinds it is."""

from __future__ import annotations

import os
from collections.abc import Mapping

from gatedrnn.comparison.labelled import find_text_column, labelled_problem
from gatedrnn.comparison.problem import Problem
from gatedrnn.comparison.reading import read
from gatedrnn.comparison.series import series_problem
from gatedrnn.comparison.texts import text_problem
from gatedrnn.optional import import_optional
from gatedrnn.validation import check_positive_int

pd = import_optional("pandas", extra="compare")

__all__ = ["enough_for", "prepare"]

#: Rows, texts or characters that a minute allows for, so that epochs stay short enough to tune.
PER_MINUTE = {"series": 10_000, "labelled texts": 4_000, "text": 100_000}
LEAST = {"series": 5_000, "labelled texts": 2_000, "text": 50_000}
WITHOUT_CLOCK = 5.0  # minutes that the sizes above are taken for when there is no clock


def enough_for(minutes: float | None) -> dict[str, int]:
    """Return how much data of each kind there is time for."""
    minutes = WITHOUT_CLOCK if minutes is None else minutes
    return {kind: max(LEAST[kind], round(PER_MINUTE[kind] * minutes)) for kind in PER_MINUTE}


def prepare(
    source: str | os.PathLike | pd.DataFrame,
    target: str | None = None,
    *,
    text: str | None = None,
    time: str | None = None,
    fill: str | None = None,
    utc: bool = False,
    horizon: int = 1,
    context: int | None = None,
    encoding: str = "utf-8",
    at_most: int | Mapping[str, int] | None = None,
) -> Problem:
    """Read data and make a problem of them: splits without leaks, scaling, batches, baselines.

    Parameters
    ----------
    source : path or pandas.DataFrame
        A text file (.txt); or a table (.csv, .tsv, .parquet or a data frame) of numbers over
        time, or of texts with labels.
    target : str, optional
        Column to forecast, or of labels; a text file has none.
    text : str, optional
        Column of texts; found by itself if the target looks like labels.
    time : str, optional
        Column of times; found by itself.
    fill : {"previous", "interpolate", "ignore"}, optional
        What to do where rows or numbers of a series are missing; by default they are refused.
    utc : bool, optional
        Bring times of several zones to UTC; by default they are refused.
    horizon : int, optional
        Steps to forecast.
    context : int, optional
        Steps that a model looks back on.
    encoding : str, optional
    at_most : int or mapping of kind to int, optional
        Rows, texts or characters to use: the newest rows, the beginning of a text, and of
        labelled texts some drawn at random. With a mapping it depends on the problem's kind.

    Returns
    -------
    Problem

    Raises
    ------
    FileNotFoundError, ValueError, TypeError
        If the data will not do: in one line, what was expected and what came.
    """
    read_in = read(source, table=target is not None or text is not None, encoding=encoding)

    def most(kind: str) -> int | None:
        if isinstance(at_most, Mapping):
            return at_most[kind]
        return None if at_most is None else check_positive_int("at_most", at_most)

    if read_in.text is not None:
        return text_problem(read_in, context=context, max_characters=most("text"))
    if text is None and target in read_in.frame.columns and time is None:
        text = find_text_column(read_in.frame, target)
    if text is not None:
        return labelled_problem(
            read_in, target, text, context=context, max_rows=most("labelled texts")
        )
    return series_problem(
        read_in, target, time=time, fill=fill, utc=utc, horizon=horizon, context=context,
        max_rows=most("series"),
    )  # fmt: skip
