r"""From a file to a table or a text, and what was understood on the way.

Nothing is read before it is known that it can be: the size comes first, then the encoding, then
the separator and the header; so what is wrong with a file is said in one line and at once.
"""

from __future__ import annotations

import codecs
import csv
import difflib
import io
import os
import warnings
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from gatedrnn.comparison.dialect import (
    SEPARATORS,
    check_header,
    check_names,
    find_decimal,
    find_separator,
)
from gatedrnn.optional import import_optional

pd = import_optional("pandas", extra="compare")

__all__ = ["LIMIT", "Source", "nearest", "read"]

#: Larger files are refused: they would fill the memory, and a race of minutes needs no more.
LIMIT = 500_000_000
TABLES = {".csv": ",", ".tsv": "\t", ".tab": "\t"}
PARQUET = (".parquet", ".pq")
TEXTS = (".txt", ".text", ".md")
SAMPLE = 65_536  # bytes that the separator, the decimal sign and the header are judged by


@dataclass(frozen=True)
class Source:
    """What was read.

    Attributes
    ----------
    name : str
        The file's, for messages and the report.
    form : str
        How it was understood, such as ``"CSV, separated by commas, utf-8"``.
    frame : pandas.DataFrame or None
        A table, as it is in the file.
    text : str or None
    path : Path or None
    decimal : str
        The decimal sign of the table's numbers.
    """

    name: str
    form: str
    frame: pd.DataFrame | None = None
    text: str | None = None
    path: Path | None = None
    decimal: str = "."


def read(
    source: str | os.PathLike | pd.DataFrame,
    *,
    table: bool = False,
    encoding: str = "utf-8",
    limit: int = LIMIT,
) -> Source:
    """Read a CSV, Parquet or text file, or take a data frame as it is.

    Parameters
    ----------
    source : path or pandas.DataFrame or pandas.Series
    table : bool, optional
        Whether a .txt file is to be read as CSV.
    encoding : str, optional
    limit : int, optional
        The largest file that is read, in bytes.

    Raises
    ------
    FileNotFoundError
        If there is no such file; the message has the nearest names.
    ValueError
        If it cannot be read, with the reason.
    """
    if isinstance(source, pd.Series):
        source = source.to_frame(source.name or "value")
    if isinstance(source, pd.DataFrame):
        return _from_frame(source)
    if not isinstance(source, (str, os.PathLike)):
        raise TypeError(
            f"source: expected a path or a pandas.DataFrame, got {type(source).__name__}"
        )
    path = Path(source)
    kind = _kind(path, table)
    size = path.stat().st_size
    if size == 0:
        raise ValueError(f"{path}: expected data, got an empty file")
    if size > limit:
        raise ValueError(
            f"{path}: expected at most {_megabytes(limit)}, got {_megabytes(size)}; a comparison "
            "of minutes needs fewer rows: cut the file, or hand a part of it to gatedrnn.compare"
        )
    if kind == "parquet":
        return _read_parquet(path, limit)
    encoding = _check_encoding(path, encoding)
    if kind == "text":
        with open(path, encoding=encoding, newline=None) as file:
            text = file.read()
        return Source(path.name, f"text, {_shown(encoding)}", text=text, path=path)
    return _read_csv(path, encoding)


def nearest(name: str, names: Iterable[str]) -> str:
    """Return the names most like one, for the end of a message; or all, if they are few."""
    names = [str(one) for one in names]
    folded = {one.casefold(): one for one in names}
    close = [folded[one] for one in difflib.get_close_matches(name.casefold(), folded, 3, 0.5)]
    if close:
        return f"; did you mean {' or '.join(close)}?"
    return f"; there are {', '.join(names[:12])}{', ...' if len(names) > 12 else ''}"


def _megabytes(size: int) -> str:
    return f"{size / 1e6:,.0f} MB"


def _kind(path: Path, table: bool) -> str:
    """Return ``"csv"``, ``"parquet"`` or ``"text"``."""
    if not path.exists():
        folder = path.parent
        names = [one.name for one in folder.iterdir()] if folder.is_dir() else []
        close = difflib.get_close_matches(path.name, names, 2)
        hint = f"; did you mean {' or '.join(close)}?" if close else ""
        raise FileNotFoundError(f"{path}: no such file{hint}")
    if path.is_dir():
        raise ValueError(f"{path}: expected a file, got a folder")
    suffix = path.suffix.lower()
    if suffix in PARQUET:
        return "parquet"
    if suffix in TABLES or (table and suffix in TEXTS):
        return "csv"
    if suffix in TEXTS:
        return "text"
    known = ", ".join((*TABLES, *PARQUET, *TEXTS))
    raise ValueError(f"{path}: expected a file whose name ends in {known}, got {suffix or 'none'}")


def _from_frame(frame: pd.DataFrame) -> Source:
    if isinstance(frame.index, pd.PeriodIndex):
        frame = frame.set_axis(frame.index.to_timestamp(), axis=0)
    if isinstance(frame.index, pd.DatetimeIndex) or frame.index.names != [None]:
        frame = frame.reset_index()  # a time that is the index is a column like the others
    frame = frame.set_axis([str(name) for name in frame.columns], axis=1).reset_index(drop=True)
    check_names("frame", list(frame.columns))
    return Source("frame", "data frame", frame=frame)


def _read_parquet(path: Path, limit: int) -> Source:
    parquet = import_optional("pyarrow.parquet", extra="compare")
    try:
        about = parquet.ParquetFile(path).metadata
        size = sum(about.row_group(k).total_byte_size for k in range(about.num_row_groups))
        if size > limit:
            raise ValueError(
                f"{path}: expected at most {_megabytes(limit)} uncompressed, got {_megabytes(size)}"
            )
        frame = pd.read_parquet(path)
    except (OSError, import_optional("pyarrow", extra="compare").ArrowException) as error:
        raise ValueError(
            f"{path}: expected a Parquet file, got what cannot be read as one "
            f"({str(error).splitlines()[0].rstrip('.')})"
        ) from error
    read = _from_frame(frame)
    return Source(path.name, "Parquet", frame=read.frame, path=path)


def _check_encoding(path: Path, encoding: str) -> str:
    """Decode the whole file piece by piece, keeping nothing; return the encoding without BOM."""
    try:
        codec = codecs.lookup(encoding)
    except LookupError:
        raise ValueError(
            f"encoding: expected one that Python knows, such as cp1252, got {encoding!r}"
        ) from None
    decoder = codec.incrementaldecoder()
    position = 0
    with open(path, "rb") as file:
        while True:
            piece = file.read(1 << 20)
            pending = len(decoder.getstate()[0])
            try:
                text = decoder.decode(piece, final=not piece)
            except UnicodeDecodeError as error:
                at = position - pending + error.start
                raise ValueError(
                    f"{path}: expected {codec.name}, got byte 0x{error.object[error.start]:02x} "
                    f"at position {at:,}; name another encoding{_guess(path)}"
                ) from None
            if "\0" in text:
                raise ValueError(f"{path}: expected text, got zero bytes as of a binary file")
            if not piece:
                break
            position += len(piece)
    return "utf-8-sig" if codec.name == "utf-8" else codec.name


def _shown(encoding: str) -> str:
    return "UTF-8" if encoding == "utf-8-sig" else encoding


def _guess(path: Path) -> str:
    with open(path, "rb") as file:
        start = file.read(2)
    if start in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE):
        return ", here --encoding utf-16"
    return ", such as --encoding cp1252 (Western Europe) or gb18030 (Chinese)"


def _sample(path: Path, encoding: str) -> str:
    with open(path, encoding=encoding, newline="") as file:
        text = file.read(SAMPLE)
        whole = not file.read(1)
    return text if whole else text[: text.rfind("\n") + 1] or text


def _read_csv(path: Path, encoding: str) -> Source:
    sample = _sample(path, encoding)
    separator = find_separator(sample, TABLES.get(path.suffix.lower(), ","))
    rows = [row for row in csv.reader(io.StringIO(sample), delimiter=separator) if any(row)]
    if len(rows) < 2:
        raise ValueError(f"{path}: expected a header and rows, got {len(rows)} line")
    decimal = find_decimal(rows[1:], separator)
    check_header(path, rows, decimal)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", pd.errors.ParserWarning)  # fields would be lost
            frame = pd.read_csv(
                path, sep=separator, decimal=decimal, encoding=encoding, low_memory=False,
                skipinitialspace=True, index_col=False,
            )  # fmt: skip
    except (pd.errors.ParserError, pd.errors.EmptyDataError, pd.errors.ParserWarning) as error:
        reason = str(error).replace("Error tokenizing data. C error: ", "").strip()
        raise ValueError(
            f"{path}: expected as many fields in every line ({reason.splitlines()[0]})"
        ) from None
    frame.columns = [str(name).strip() for name in frame.columns]
    parts = ["CSV", f"separated by {SEPARATORS[separator]}"]
    if decimal == ",":
        parts.append("decimal commas")
    parts.append(_shown(encoding))
    return Source(path.name, ", ".join(parts), frame=frame, path=path, decimal=decimal)
