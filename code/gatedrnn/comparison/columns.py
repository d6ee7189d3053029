r"""Columns of a table as numbers, whatever they were written like."""

from __future__ import annotations

import numpy as np

from gatedrnn.comparison.reading import Source, nearest
from gatedrnn.optional import import_optional

pd = import_optional("pandas", extra="compare")

__all__ = ["NotNumbersError", "check_column", "numbers", "row_name"]


class NotNumbersError(ValueError):
    """A column has something else than numbers; the message says what and where."""


def check_column(name: str, value: str | None, source: Source) -> str:
    """Return `value` if the table has a column of that name.

    Raises
    ------
    ValueError
        If it has not, or no name was given; the message has the nearest names.
    """
    names = list(source.frame.columns)
    if value is None:
        raise ValueError(f"{name}: expected the name of a column, got none{nearest('', names)}")
    if value not in names:
        raise ValueError(
            f"{name}: expected a column of {source.name}, got {value!r}{nearest(value, names)}"
        )
    return value


def row_name(index: int) -> str:
    """Return how a row is called in messages: counted from 1, the header left out."""
    return f"row {index + 1:,}"


def numbers(column: pd.Series, decimal: str = ".") -> np.ndarray:
    """Return a column as floats, NaN where it is empty.

    Numbers with thousands separators are understood where every number of the column has them in
    the right places.

    Raises
    ------
    NotNumbersError
        With the first value that is none, and its row.
    """
    if pd.api.types.is_numeric_dtype(column.dtype) and not pd.api.types.is_complex_dtype(
        column.dtype
    ):  # Boolean columns are numeric, too
        return column.to_numpy(float, na_value=np.nan)
    if pd.api.types.is_datetime64_any_dtype(column.dtype):
        raise NotNumbersError(f"{column.name}: expected numbers, got times")
    written = column.astype("object")
    empty = column.isna().to_numpy()
    texts = written.where(~empty, "").astype(str).str.strip()
    empty = empty | (texts == "").to_numpy()
    values = _parse(texts, decimal)
    wrong = np.flatnonzero(np.isnan(values) & ~empty)
    if len(wrong):
        thousands = {".": "[, '’\u00a0\u202f]", ",": "[. '’\u00a0\u202f]"}[decimal]
        point = "\\" + decimal
        grouped = texts.str.fullmatch(rf"[+-]?\d{{1,3}}(?:{thousands}\d{{3}})*(?:{point}\d+)?")
        if grouped[~empty].all():
            return _parse(texts.str.replace(thousands, "", regex=True), decimal)
        at = int(wrong[0])
        raise NotNumbersError(
            f"{column.name}: expected numbers, got {str(written.iloc[at])[:40]!r} in {row_name(at)}"
            + (f" and others in {len(wrong) - 1:,} more rows" if len(wrong) > 1 else "")
        )
    return values


def _parse(texts: pd.Series, decimal: str) -> np.ndarray:
    if decimal != ".":
        texts = texts.str.replace(decimal, ".", regex=False)
    return pd.to_numeric(texts, errors="coerce").to_numpy(float)
