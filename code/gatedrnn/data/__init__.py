"""Data: generated tasks, real series and texts from installed packages, and batches of them."""

from gatedrnn.data.batching import (
    Batch,
    FreshBatches,
    Minibatches,
    one_hot,
    pad,
    split_at_random,
    split_by_time,
)
from gatedrnn.data.packages import DataFileError, MissingPackageError, PackageFile
from gatedrnn.data.synthetic import (
    ANBN_SYMBOLS,
    adding_problem,
    anbn,
    copy_memory,
    marked_recall,
    noisy_sine,
    recall_game,
)
from gatedrnn.data.text import (
    Vocabulary,
    contiguous_batches,
    king_james_books,
    king_james_version,
    split_text,
)
from gatedrnn.data.weather import (
    Standardiser,
    Weather,
    climatology,
    persistence,
    season,
    seattle_weather,
    windows,
)

__all__ = [
    "ANBN_SYMBOLS",
    "Batch",
    "DataFileError",
    "FreshBatches",
    "Minibatches",
    "MissingPackageError",
    "PackageFile",
    "Standardiser",
    "Vocabulary",
    "Weather",
    "adding_problem",
    "anbn",
    "climatology",
    "contiguous_batches",
    "copy_memory",
    "king_james_books",
    "king_james_version",
    "marked_recall",
    "noisy_sine",
    "one_hot",
    "pad",
    "persistence",
    "recall_game",
    "season",
    "seattle_weather",
    "split_at_random",
    "split_by_time",
    "split_text",
    "windows",
]
