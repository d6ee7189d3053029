r"""What the benchmark found, in a table and in one line."""

from __future__ import annotations

from collections import defaultdict

import numpy as np

__all__ = ["geometric_means", "summary_line", "table"]


def geometric_means(results: dict) -> dict[tuple[int, str, str, str], float]:
    """Return how many times our time the others take, over all sizes.

    Parameters
    ----------
    results : dict
        What `run_bench` returned.

    Returns
    -------
    dict of (threads, mode, cell, opponent) to float
        Geometric means of the sizes' median ratios; above 1 ours is the faster.
    """
    ratios = defaultdict(list)
    for one in results["measurements"]:
        for name, spread in one["ratio"].items():
            if name != "products":
                key = (one["threads"], one["mode"], one["cell"], name)
                ratios[key].append(spread["median"])
    return {key: float(np.exp(np.mean(np.log(values)))) for key, values in ratios.items()}


def table(results: dict) -> str:
    """Return all measurements as a table.

    Times in milliseconds, ours as median [quartiles], the others as multiples of ours; the last
    column is the share of our time that the matrix products alone take.
    """
    others = [name for name in _names(results) if name not in ("gatedrnn", "products")]
    heads = [f"{'cell':5}{'T,N,D,H':>15}  {'gatedrnn, ms':>23}"]
    heads += [f"{name:>10}" for name in others] + [f"{'products':>10}"]
    lines = []
    group = None
    kept = results["measurements"]
    for one in sorted(kept, key=lambda one: (one["threads"], one["mode"] != "training")):
        if (one["threads"], one["mode"]) != group:
            group = (one["threads"], one["mode"])
            threads = f"{one['threads']} thread{'s' * (one['threads'] > 1)}"
            lines += ["", f"{one['mode']}, {threads}", "".join(heads)]
        ours = {name: 1e3 * value for name, value in one["seconds"]["gatedrnn"].items()}
        size = ",".join(str(value) for value in one["size"].values())
        spread = f"{ours['median']:.2f} [{ours['low']:.2f}, {ours['high']:.2f}]"
        cells = [f"{one['cell']:5}{size:>15}  {spread:>23}"]
        cells += [
            f"{one['ratio'][name]['median']:>10.2f}" if name in one["ratio"] else f"{'-':>10}"
            for name in others
        ]
        if "products" in one["ratio"]:
            cells.append(f"{one['ratio']['products']['median']:>10.0%}")
        lines.append("".join(cells))
    lines += [f"left out: {name}: {why}" for name, why in results["missing"].items()]
    return "\n".join(lines).lstrip("\n")


def summary_line(results: dict) -> str:
    """Return the geometric means of the training step with the most threads, in one line."""
    means = geometric_means(results)
    most = max((threads for threads, *_ in means), default=0)
    parts = defaultdict(list)
    for (threads, mode, cell, name), value in means.items():
        if (threads, mode) == (most, "training"):
            parts[cell].append(f"{name} {value:.2f}")
    cells = "; ".join(f"{cell}: {', '.join(values)}" for cell, values in parts.items())
    return f"geometric means, training, threads: {most}, times our time: {cells}"


def _names(results: dict) -> list[str]:
    """Return the opponents in the order in which they were measured."""
    return list(dict.fromkeys(name for one in results["measurements"] for name in one["seconds"]))
