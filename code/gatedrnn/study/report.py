r"""What a study found, as text, tables and figures."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from gatedrnn.files import write_whole
from gatedrnn.optional import import_optional
from gatedrnn.study.results import Results

__all__ = ["comparison_table", "draw_map", "draw_scores", "report", "score_table", "write_report"]


def report(results: Results) -> str:
    """Return a study's outcome as plain text: a table of scores, then who is ahead."""
    summary = results.summary
    runs = len(summary["seeds"]) or len(summary["search_seeds"])
    measure = "test score" if summary["seeds"] else "validation loss of the best learning rate"
    head = [f"{summary['name']}: {summary['question']}", f"{measure}, {runs} seeds"]
    parts = ["\n".join(head), score_table(results).to_string()]
    if results.comparisons:
        parts.append(comparison_table(results).to_string())
        parts.append(
            "Differences in pairs of a seed, 95 % bootstrap intervals; g: their mean in standard "
            "deviations;\np: sign-flip test, corrected for the number of comparisons "
            "(Benjamini-Hochberg)."
        )
    return "\n\n".join(parts)


def score_table(results: Results):
    """Return a row for each condition and a column for each variant.

    Returns
    -------
    pandas.DataFrame
        Of text: mean [95 % bootstrap interval], or how many runs diverged; for a map the best
        learning rate and its loss.
    """
    pandas = import_optional("pandas", extra="study")
    rows = []
    for k, entry in enumerate(results.conditions):
        row = {"condition": entry["label"]}
        if entry["baselines"]:
            row["baselines"] = ", ".join(f"{n} {v:.3g}" for n, v in entry["baselines"].items())
        for label in results.labels:
            row[label] = _cell(results, label, k)
        rows.append(row | {"metric": entry["metric"]})
    return pandas.DataFrame(rows).set_index("condition")


def _cell(results: Results, label: str, k: int) -> str:
    case = results.case(label, k)
    if "test" not in case:
        means = results.search_losses(label, k).mean(1)
        best = int(np.nanargmin(means))
        return f"{means[best]:.4g} at {results.summary['learning_rates'][best]:g}"
    diverged = case["test"].count(None)
    return f"{diverged} diverged" if diverged else str(results.interval(label, k))


def comparison_table(results: Results):
    """Return a row for each comparison: difference, effect size, corrected p-value, verdict.

    Returns
    -------
    pandas.DataFrame
    """
    pandas = import_optional("pandas", extra="study")
    return pandas.DataFrame(
        {
            "condition": one.condition,
            "compared": f"{one.first} - {one.second}",
            "difference": str(one.difference),
            "g": f"{one.effect:.2f}",
            "p": f"{one.pvalue:.3f}",
            "verdict": one.verdict,
        }
        for one in results.comparisons
    ).set_index(["condition", "compared"])


def draw_scores(results: Results, *, columns: int = 3):
    """Draw the score of every run, with means and intervals: a panel for each condition.

    Returns
    -------
    matplotlib Figure
    """
    plotting = import_optional("gatedrnn.plotting", extra="plot")
    pyplot = import_optional("matplotlib.pyplot", extra="plot")
    rows = -(-len(results.conditions) // columns)
    columns = min(columns, len(results.conditions))
    figure, axes = pyplot.subplots(
        rows, columns, figsize=(2.6 * columns + 0.4, 2.6 * rows), squeeze=False
    )
    for k, (ax, entry) in enumerate(zip(axes.flat, results.conditions, strict=False)):
        shown = []
        for place, label in enumerate(results.labels):
            scores = results.scores(label)[:, k]
            shown.extend(scores[np.isfinite(scores)])
            style = plotting.line_style(label, place)
            ax.plot(np.full(len(scores), place), scores, "o", color=style["color"], alpha=0.35)
            if np.isfinite(scores).all():
                mean = results.interval(label, k)
                ends = [[mean.mean - mean.low], [mean.high - mean.mean]]
                ax.errorbar(place + 0.2, mean.mean, ends, fmt="_", color=style["color"], capsize=3)
        ax.set_xticks(range(len(results.labels)), results.labels, rotation=30, ha="right")
        ax.set_xlim(-0.5, len(results.labels) - 0.3)
        ax.set(title=entry["label"], ylabel=entry["metric"] if k % columns == 0 else None)
        if not entry["higher_is_better"] and 0 < 30 * min(shown) < max(shown):
            ax.set_yscale("log")  # errors of several orders of magnitude
    for ax in axes.flat[len(results.conditions) :]:
        ax.set_axis_off()
    return figure


def draw_map(results: Results):
    """Draw the search's mean losses: a panel per variant, learning rates against conditions.

    Returns
    -------
    matplotlib Figure
    """
    plotting = import_optional("gatedrnn.plotting", extra="plot")
    maps = {
        label: np.array(
            [results.search_losses(label, k).mean(1) for k in range(len(results.conditions))]
        )
        for label in results.labels
    }
    axes = plotting.show_heatmaps(
        maps,
        xlabel="learning rate",
        xticks=[f"{rate:g}" for rate in results.summary["learning_rates"]],
        yticks=results.condition_labels,
    )
    return axes[0].figure


def write_report(results: Results, folder: Path) -> list[Path]:
    """Write a study's tables (CSV), figure (SVG) and text into a folder; return the files."""
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    name = results.summary["name"]
    contents = {
        f"{name}.txt": report(results) + "\n",
        f"{name}_scores.csv": score_table(results).to_csv(),
    }
    if results.comparisons:
        contents[f"{name}_comparisons.csv"] = comparison_table(results).to_csv()
    for file, text in contents.items():
        write_whole(folder / file, text.encode())
    pyplot = import_optional("matplotlib.pyplot", extra="plot")
    import_optional("gatedrnn.plotting", extra="plot").use_book_style()
    figure = draw_scores(results) if results.summary["seeds"] else draw_map(results)
    figure.savefig(folder / f"{name}.svg", metadata={"Date": None})
    pyplot.close(figure)
    return [folder / file for file in (*contents, f"{name}.svg")]
