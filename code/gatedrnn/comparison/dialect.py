r"""How a CSV file is written: its separator, its decimal sign, whether it has a header."""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from pathlib import Path

__all__ = ["SEPARATORS", "check_header", "check_names", "find_decimal", "find_separator"]

SEPARATORS = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "bars"}


def check_names(name: str, names: list[str]) -> None:
    """Refuse two columns of one name."""
    twice = [one for one, count in Counter(names).items() if count > 1]
    if twice:
        raise ValueError(f"{name}: expected each column once, got {twice[0]!r} more than once")


def find_separator(sample: str, usual: str) -> str:
    """Return what cuts the most lines into the same number of fields, at least two."""

    def score(separator: str) -> tuple[float, bool, int]:
        counts = [
            len(row) for row in csv.reader(io.StringIO(sample), delimiter=separator) if any(row)
        ]
        (fields, times), *_ = Counter(counts).most_common(1) or [(1, 1)]
        if fields < 2:
            return (0.0, False, 0)
        return (round(times / len(counts), 1), counts[0] == fields, fields)

    try:
        best = max(SEPARATORS, key=lambda one: (*score(one), one == usual))
    except csv.Error as error:
        raise ValueError(
            f"file: expected CSV, got what cannot be cut into fields ({error})"
        ) from error
    return best if score(best)[0] > 0 else usual


def find_decimal(rows: list[list[str]], separator: str) -> str:
    """Return the decimal sign: a comma only where no number could have another meaning."""
    fields = [field.strip() for row in rows for field in row]
    commas = sum(bool(re.fullmatch(r"[+-]?(\d+|\d{1,3}([. ]\d{3})+),\d+", one)) for one in fields)
    points = sum(bool(re.fullmatch(r"[+-]?\d+\.\d+", one)) for one in fields)
    return "," if separator != "," and commas > points else "."


def _is_number(field: str, decimal: str) -> bool:
    try:
        float(field.strip().replace(decimal, "."))
    except ValueError:
        return False
    return True


def check_header(path: Path, rows: list[list[str]], decimal: str) -> None:
    """Refuse a file whose first line has numbers wherever the second has."""
    names = [name.strip() for name in rows[0]]
    pairs = [
        _is_number(name, decimal)
        for name, field in zip(names, rows[1], strict=False)
        if _is_number(field, decimal)
    ]
    if pairs and all(pairs):
        raise ValueError(
            f"{path}: expected the names of the columns in the first line, "
            f"got {', '.join(names[:4])}; add such a line"
        )
    check_names(str(path), [name for name in names if name])
