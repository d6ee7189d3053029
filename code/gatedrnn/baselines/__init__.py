"""What a recurrent network must beat: models that count, compare and look up."""

from gatedrnn.baselines.chord_table import ChordTable
from gatedrnn.baselines.ngram import NGram
from gatedrnn.baselines.warping import warping_distances
from gatedrnn.baselines.word_templates import WordTemplates

__all__ = ["ChordTable", "NGram", "WordTemplates", "warping_distances"]
