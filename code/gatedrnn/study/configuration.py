r"""Studies written down as TOML: what is compared, on what, with which seeds.

.. code-block:: toml

    name = "my_study"
    question = "Which of the two adds better?"
    variants = ["LSTM", "GRU"]        # or tables: label, cell, options, hidden_size
    comparisons = [["LSTM", "GRU"]]   # by label; the p-values are corrected for their number
    learning_rates = [0.003, 0.01, 0.03]
    seeds = 10                        # 0 to 9
    search_seeds = 1                  # 1000
    parameters = 2500                 # of every model, within 2 %
    epochs = 20
    patience = 5

    [[conditions]]
    label = "adding, 50 steps"
    task = "adding"
    settings = { steps = 50 }         # parameters, epochs, patience: here too, if they differ

    [larger]                          # what differs on a larger machine
    seeds = 30
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path

from gatedrnn.study.design import Condition, Study, Variant

__all__ = ["SEARCH_SEED", "read_study", "study_from"]

#: Seeds of the search are counted from here, those of the final runs from 0.
SEARCH_SEED = 1000
#: What a condition takes from the study where it does not say otherwise.
SHARED = ("parameters", "epochs", "patience")


def read_study(path: str | Path, *, larger: bool = False) -> Study:
    """Read a study's file.

    Parameters
    ----------
    path : path
    larger : bool, optional
        Take what differs from the table ``larger``, for a larger machine; the study's name then
        ends in ``_larger``.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If it is not TOML, or something in it is missing, unknown or wrong; the message names
        the file.
    """
    path = Path(path)
    if not path.is_file():
        raise FileNotFoundError(f"study: expected a file, found none at {path}")
    try:
        content = tomllib.loads(path.read_text("utf-8"))
        return study_from(content, larger=larger)
    except (TypeError, ValueError) as error:
        raise ValueError(f"{path.name}: {error}") from error


def study_from(content: Mapping, *, larger: bool = False) -> Study:
    """Return the study that a mapping as in a TOML file describes.

    Raises
    ------
    TypeError, ValueError
        If something in it is missing, unknown or wrong.
    """
    content = dict(content)
    changes = content.pop("larger", None)
    if larger:
        if changes is None:
            raise ValueError(
                "larger: expected a table of what differs on a larger machine, got none"
            )
        content |= changes
        content["name"] = f"{content['name']}_larger"
    missing = {"name", "question", "conditions", "variants", "learning_rates"} - set(content)
    if missing:
        raise ValueError(f"study: expected entries {sorted(missing)}, got none")
    shared = {name: content.pop(name) for name in SHARED if name in content}
    content["conditions"] = tuple(
        _make(Condition, shared | dict(entry), "conditions") for entry in content["conditions"]
    )
    content["variants"] = tuple(
        Variant(entry, entry) if isinstance(entry, str) else _make(Variant, entry, "variants")
        for entry in content["variants"]
    )
    content["comparisons"] = tuple(tuple(pair) for pair in content.get("comparisons", ()))
    content["learning_rates"] = tuple(map(float, content["learning_rates"]))
    content["seeds"] = tuple(range(content.get("seeds", 10)))
    first = SEARCH_SEED
    content["search_seeds"] = tuple(range(first, first + content.get("search_seeds", 1)))
    return _make(Study, content, "study")


def _make(kind: type, entries: Mapping, where: str):
    known = {field.name for field in fields(kind)}
    unknown = set(entries) - known
    if unknown:
        raise ValueError(f"{where}: expected entries of {sorted(known)}, got {sorted(unknown)}")
    try:
        return kind(**entries)
    except TypeError as error:
        if "missing" not in str(error):
            raise
        raise ValueError(f"{where}: {str(error).partition('() ')[2]}") from error
