r"""The report's figures: SVG that takes its colours from the page, so that it can be dark."""

from __future__ import annotations

import html
import io
import re
import textwrap
from collections.abc import Callable

import numpy as np

from gatedrnn.optional import import_optional
from gatedrnn.plotting import CELL_COLOURS, line_style
from gatedrnn.study.statistics import bootstrap_interval
from gatedrnn.style import STYLE

matplotlib = import_optional("matplotlib", extra="compare")
figure = import_optional("matplotlib.figure", extra="compare")

__all__ = ["curves_figure", "data_figure", "example_figure", "scores_figure"]

INK, GRID, BASE = "#010203", "#020304", "#030405"  # stand for what the page's colours are
#: Colours of the figure, and the style property of the page that takes their place.
PAGE = {
    INK: "currentColor",
    GRID: "var(--line)",
    BASE: "var(--base)",
    **{colour.lower(): f"var(--{cell.lower()})" for cell, colour in CELL_COLOURS.items()},
}
JOINS = "stroke-linejoin: round; stroke-linecap: butt"  # as in Matplotlib's own style sheet
SETTINGS = {
    **STYLE,
    "text.color": INK,
    "axes.labelcolor": INK,
    "axes.edgecolor": INK,
    "xtick.color": INK,
    "ytick.color": INK,
    "grid.color": GRID,
    "figure.facecolor": "none",
    "axes.facecolor": "none",
    "savefig.facecolor": "none",
}


def _svg(name: str, text: str, draw: Callable, size: tuple[float, float], rows: int = 1) -> str:
    """Return a figure as an SVG element, with a description for who cannot see it."""
    with matplotlib.rc_context(SETTINGS):
        canvas = figure.Figure(figsize=size)
        draw(canvas.subplots(rows, 1, squeeze=False)[:, 0])
        file = io.StringIO()
        canvas.savefig(file, format="svg", metadata={"Date": None, "Creator": None})
    svg = file.getvalue()
    svg = svg[svg.index("<svg") :]
    svg = re.sub(r"<metadata>.*?</metadata>\s*", "", svg, flags=re.DOTALL)
    # A style sheet within a figure would hold for the whole page.
    svg = re.sub(r"<defs>\s*<style.*?</style>\s*</defs>\s*", "", svg, flags=re.DOTALL)
    svg = re.sub(r'\s*xmlns(:\w+)?="[^"]*"', "", svg)  # HTML knows them
    for colour, value in PAGE.items():
        svg = re.sub(colour, value, svg, flags=re.IGNORECASE)
    # Several figures share a page: no two of their parts may have the same name.
    svg = re.sub(r'\bid="', f'id="{name}-', svg)
    svg = re.sub(r'(href="#|url\(#)', rf"\1{name}-", svg)
    label = html.escape(text, quote=True)
    return re.sub(
        r"<svg[^>]*?(viewBox=\"[^\"]*\")[^>]*>",
        rf'<svg \1 role="img" aria-label="{label}" style="{JOINS}">',
        svg,
        count=1,
    ).rstrip()


def scores_figure(found, name: str) -> str:
    """Draw the score of every seed, the means with their intervals, and the baselines."""
    problem, outcome = found.problem, found.outcome
    cells = list(outcome.sizes)
    baselines = {k: float(problem.summarise(v)) for k, v in problem.baselines.items()}

    def draw(axes) -> None:
        (ax,) = axes
        for row, cell in enumerate(cells):
            scores = outcome.scores(cell)
            colour = CELL_COLOURS[cell]
            ax.plot(scores, np.full(len(scores), row), "o", color=colour, alpha=0.45, ms=6)
            if len(scores) > 1:
                one = bootstrap_interval(scores)
                ax.plot([one.low, one.high], [row - 0.22] * 2, color=colour, lw=2.5, ls="-")
                ax.plot(one.mean, row - 0.22, "D", color=colour, ms=7)
        named = sorted(baselines.items(), key=lambda one: one[1], reverse=True)
        for row, (label, score) in enumerate(named, start=len(cells)):
            ax.plot(score, row, "x", color=BASE, ms=8, mew=2.2)
            if label == found.judgement.best_baseline:
                ax.axvline(score, color=BASE, ls="--", lw=1.2, zorder=0)
        labels = [*cells, *(_wrapped(label) for label, _ in named)]
        ax.set_yticks(range(len(labels)), labels)
        ax.set_ylim(len(labels) - 0.5, -0.6)
        ax.grid(axis="y", visible=False)
        ax.set_xlabel(_unit(problem))

    said = "; ".join(
        f"{cell} {outcome.scores(cell).mean():.4g}" for cell in cells if len(outcome.scores(cell))
    )
    said += "".join(f"; {label} {score:.4g}" for label, score in baselines.items())
    text = f"{problem.score_name} on the test part, means: {said}."
    return _svg(name, text, draw, (5.6, 1.1 + 0.42 * (len(cells) + len(baselines))))


def _unit(problem) -> str:
    if problem.score_name == problem.unit:
        return problem.unit
    return f"{problem.score_name}, {problem.unit}"


def _wrapped(label: str, width: int = 22) -> str:
    return "\n".join(textwrap.wrap(label, width))


def curves_figure(found, name: str) -> str:
    """Draw the validation curve of every training."""
    problem, outcome = found.problem, found.outcome
    runs = [run for run in outcome.runs if run.history.valid_loss]

    def draw(axes) -> None:
        (ax,) = axes
        named = set()
        for run in runs:
            style = {**line_style(run.cell), "marker": None, "linewidth": 1.4, "alpha": 0.75}
            curve = [problem.curve(loss) for loss in run.history.valid_loss]
            label = None if run.cell in named else run.cell
            named.add(run.cell)
            ax.plot(np.arange(1, len(curve) + 1), curve, label=label, **style)
            best = run.history.best_epoch
            if best is not None:
                ax.plot(best + 1, curve[best], "o", color=style["color"], ms=4.5)
        ends = [problem.curve(run.history.valid_loss[-1]) for run in runs]
        firsts = [problem.curve(run.history.valid_loss[0]) for run in runs]
        lowest = min(problem.curve(min(run.history.valid_loss)) for run in runs)
        # A bad beginning or a divergence would press all else flat.
        top = max(np.quantile(firsts, 0.9), np.quantile(ends, 0.9))
        ax.set_ylim(lowest - 0.05 * (top - lowest), top + 0.05 * (top - lowest) + 1e-12)
        ax.xaxis.get_major_locator().set_params(integer=True)
        ax.set_xlabel("epoch")
        ax.set_ylabel(problem.curve_name)
        ax.legend()

    counts = {cell: sum(run.cell == cell for run in runs) for cell in outcome.sizes}
    said = ", ".join(
        f"{cell}: {count} trainings, at best "
        f"{min(problem.curve(min(r.history.valid_loss)) for r in runs if r.cell == cell):.4g}"
        for cell, count in counts.items()
        if count
    )
    return _svg(name, f"{problem.curve_name} after every epoch. {said}.", draw, (5.6, 3.3))


def data_figure(found, name: str) -> str:
    """Draw a series with the three parts that it was cut into."""
    shown = found.problem.shown
    values, times, parts = shown["values"], shown["times"], shown["parts"]
    at = np.arange(len(values)) if times is None else times
    step = max(1, len(values) // 2000)  # more points than pixels would only make the file larger

    def draw(axes) -> None:
        (ax,) = axes
        ax.plot(at[::step], values[::step], color=INK, lw=0.9, ls="-")
        low, high = ax.get_ylim()
        for part, label in zip(parts, ("train", "validation", "test"), strict=True):
            if part.start:
                ax.axvline(at[part.start], color=BASE, ls="--", lw=1.4)
            middle = at[part.start] + (at[part.stop - 1] - at[part.start]) / 2
            ax.text(middle, high + 0.02 * (high - low), label, ha="center", fontsize=9)
        ax.set_ylim(low, high + 0.12 * (high - low))
        ax.set_ylabel(shown["target"])
        _date_ticks(ax, times)

    text = (
        f"{shown['target']} over time, {len(values):,} rows, between {values.min():.4g} and "
        f"{values.max():.4g}; the first part is for training, then validation, the newest for test."
    )
    return _svg(name, text, draw, (5.6, 2.5))


def _date_ticks(ax, times: np.ndarray | None) -> None:
    if times is None:
        ax.set_xlabel("row")
        return
    dates = import_optional("matplotlib.dates", extra="compare")
    locator = dates.AutoDateLocator(minticks=3, maxticks=6)
    ax.xaxis.set_major_locator(locator)
    ax.xaxis.set_major_formatter(dates.ConciseDateFormatter(locator))


def example_figure(found, name: str) -> str:
    """Draw the last forecasts of the test part beside what came."""
    outcome, target = found.outcome, found.problem.shown["target"]
    any_one = next(iter(outcome.examples.values()))
    at, truth = any_one["at"], any_one["truth"]
    drawn = [cell for cell in ("LSTM", "GRU") if cell in outcome.examples]

    def draw(axes) -> None:
        (ax,) = axes
        ax.plot(at, truth, color=INK, lw=1.2, ls="-", label="measured")
        for cell in drawn:
            style = {**line_style(cell), "marker": None, "linewidth": 1.7}
            ax.plot(at, outcome.examples[cell]["forecast"], label=cell, **style)
        ax.set_ylabel(target)
        _date_ticks(ax, at if found.problem.shown["times"] is not None else None)
        ax.legend(ncols=3, loc="lower center", bbox_to_anchor=(0.5, 1.0))

    errors = ", ".join(
        f"{cell} off by {np.abs(outcome.examples[cell]['forecast'] - truth).mean():.3g} on average"
        for cell in drawn
    )
    text = f"The last {len(truth)} forecasts of {target} in the test part: {errors}."
    return _svg(name, text, draw, (5.6, 3.1))
