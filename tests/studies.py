"""A study small enough to run in a test."""

from dataclasses import replace

from gatedrnn.study.configuration import study_from

TINY = study_from(
    {
        "name": "tiny",
        "question": "Does it run?",
        "variants": ["RNN", "LSTM", "GRU"],
        "comparisons": [["LSTM", "GRU"], ["RNN", "LSTM"]],
        "learning_rates": [1e-3, 1e-2],
        "seeds": 3,
        "search_seeds": 1,
        "parameters": 1000,
        "epochs": 2,
        "patience": 2,
        "conditions": [
            {"label": f"{steps} steps", "task": "adding",
             "settings": {"steps": steps, "batches": 3, "batch_size": 8, "held_out_size": 16}}
            for steps in (4, 6)
        ],
    }
)  # fmt: skip


def tiny_runs(count=4, **changes):
    """Return some runs of the tiny study, one per seed."""
    run = TINY.run(0, TINY.variants[2], 7, 1e-2, 0, final=True)
    return [replace(run, seed=seed, **changes) for seed in range(count)]
