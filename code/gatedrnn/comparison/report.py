r"""The report: one HTML file that asks no other host for anything and needs no script."""

from __future__ import annotations

import datetime
import hashlib
import itertools
from pathlib import Path

import numpy as np

from gatedrnn.comparison import figures
from gatedrnn.comparison.race import PATIENCE, RATES
from gatedrnn.optional import import_optional

jinja2 = import_optional("jinja2", extra="compare")

__all__ = ["fragment", "page"]

ENDS = {
    "all seeds": "All seeds that were asked for were run.",
    "time": "The time that was given ended the race; what was under way was dropped.",
    "interrupted": "The race was interrupted; what was complete by then is here.",
}

_SHOWN = itertools.count(1)


def page(found) -> str:
    """Return the whole report of a `Comparison`."""
    return _template("page.html").render(_content(found, "report"))


def fragment(found) -> str:
    """Return verdict, table and figure, to stand in a page of somebody else's."""
    # A notebook may show the same comparison twice: names within the figures must differ. That
    # they are not random lets a notebook that is run again have the same bytes.
    digest = hashlib.sha256(repr(found).encode()).hexdigest()
    name = f"g{digest[:8]}-{next(_SHOWN)}"
    return _template("fragment.html").render(_content(found, name))


def _template(name: str):
    folder = Path(__file__).with_name("templates")
    loader = jinja2.FileSystemLoader(folder)
    environment = jinja2.Environment(
        loader=loader, autoescape=True, trim_blocks=True, lstrip_blocks=True,
        undefined=jinja2.StrictUndefined, keep_trailing_newline=True,
    )  # fmt: skip
    return environment.get_template(name)


def _content(found, name: str) -> dict:
    problem, outcome = found.problem, found.outcome
    whole = name == "report"
    drawn = {"scores": figures.scores_figure(found, f"{name}-scores")}
    if whole:
        if any(run.history.valid_loss for run in outcome.runs):
            drawn["curves"] = figures.curves_figure(found, f"{name}-curves")
        if problem.kind == "series":
            drawn["data"] = figures.data_figure(found, f"{name}-data")
            if outcome.examples:
                drawn["example"] = figures.example_figure(found, f"{name}-example")
    best = found.judgement.best_baseline
    return {
        "title": f"LSTM or GRU for {problem.name}",
        "problem": problem,
        "outcome": outcome,
        "rounds": len(outcome.rounds()),
        "sentences": found.judgement.sentences,
        "contrasts": found.judgement.contrasts,
        "ended": ENDS[outcome.ended],
        "heads": _heads(problem),
        "rows": list(_rows(found)),
        "figures": {key: jinja2.utils.markupsafe.Markup(svg) for key, svg in drawn.items()},
        "examples": outcome.examples,
        "best_baseline": best,
        "code": found.code(),
        "recommended": found.recommended,
        "ahead": found.ahead,
        "rates": ", ".join(f"{rate:g}" for rate in sorted(RATES)),
        "search": _search(outcome),
        "patience": PATIENCE,
        "versions": found.versions,
        "seconds": f"{found.seconds:,.0f} seconds",
        "date": datetime.date.today().isoformat(),
        "diverged": sum(not np.isfinite(run.score) for run in outcome.runs),
    }


def _heads(problem) -> list[str]:
    return [
        problem.score_name, "95 % interval", "seeds", "parameters", "hidden size",
        "learning rate", "epochs", "seconds per epoch",
    ]  # fmt: skip


def _rows(found):
    """Yield the rows of the table: name, whether it is a cell, and texts."""
    table = found.table()
    for name, row in table.iterrows():
        is_cell = name in found.outcome.sizes
        known = row[found.problem.score_name]
        cells = [_number(known)]
        if is_cell:
            ends = (_number(row["low"]), _number(row["high"]))
            cells.append("none" if np.isnan(row["low"]) else " to ".join(ends))
            cells += [f"{row['seeds']}", f"{row['parameters']:,}", f"{row['hidden size']}"]
            cells.append(f"{row['learning rate']:g}")
            cells.append("none" if np.isnan(row["epochs"]) else f"{row['epochs']:.1f}")
            seconds = row["seconds per epoch"]
            cells.append("none" if np.isnan(seconds) else f"{seconds:.3g}")
        yield {"name": name, "is_cell": is_cell, "cells": cells}


def _number(value: float) -> str:
    return "none" if np.isnan(value) else f"{value:.4g}"


def _search(outcome) -> dict[str, str]:
    """Return, for each cell, the validation losses at the rates that were tried."""
    tried = {cell: [] for cell in outcome.sizes}
    for cell, rate, loss in sorted(outcome.search, key=lambda one: one[1]):
        tried[cell].append(f"{loss:.4g} at {rate:g}")
    return {cell: ", ".join(said) for cell, said in tried.items()}
