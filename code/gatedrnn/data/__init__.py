"""Data: generated tasks, real series and texts from installed packages, and batches of them."""

from gatedrnn.data.audio_features import add_noise, deltas, log_mel, to_wav
from gatedrnn.data.batching import (
    Batch,
    FreshBatches,
    Minibatches,
    one_hot,
    pad,
    split_at_random,
    split_by_time,
)
from gatedrnn.data.chorales import (
    Chorales,
    bach_chorales,
    independent_keys,
    last_step_keys,
    next_step_batch,
)
from gatedrnn.data.chord_table import ChordTable
from gatedrnn.data.conversations import (
    Dialogues,
    hard_conversations,
    nearest_answers,
    railway_dialogues,
    railway_routes,
)
from gatedrnn.data.dates import (
    DATE_LANGUAGES,
    DATE_PATTERNS,
    DatedPairs,
    split_by_date,
    written_dates,
)
from gatedrnn.data.dialogue import Booking, Conversation, RailwayGrammar, Turn, slots_right
from gatedrnn.data.dialogue_tokens import ConversationBatches, DialogueTokens, UnknownWordsError
from gatedrnn.data.interface_strings import interface_strings
from gatedrnn.data.label_sequences import (
    LabelBatch,
    LabelBatches,
    edit_operations,
    error_rate,
    label_batch,
)
from gatedrnn.data.languages import (
    ANBN_SYMBOLS,
    ANBNCN_SYMBOLS,
    BRACKETS,
    anbn,
    anbncn,
    bracket_depth,
    parity,
)
from gatedrnn.data.packages import DataFileError, MissingPackageError, PackageFile
from gatedrnn.data.pairs import PairBatches, Pairs, PairTokens
from gatedrnn.data.pitch import pitch_track
from gatedrnn.data.prosody import PROSODIES, VOICES, write_prosodies
from gatedrnn.data.ravdess import EMOTIONS, Recording, read_ravdess, split_by_actor
from gatedrnn.data.sentiment import LabelledTexts, movie_reviews, shopping_reviews
from gatedrnn.data.speech import SPEECH_RATE, speaker_variants, synthesise
from gatedrnn.data.spoken_digits import (
    DIGIT_WORDS,
    DigitClip,
    digit_features,
    draw_digit_clips,
    speakers_of,
)
from gatedrnn.data.stock_days import StockDays, block_sums
from gatedrnn.data.stock_prices import (
    StockPrices,
    daily_stock_prices,
    ewma_variance,
    log_volatility,
    trailing_mean,
)
from gatedrnn.data.synthetic import (
    TEMPORAL_ORDER_SYMBOLS,
    adding_problem,
    copy_memory,
    marked_recall,
    noisy_sine,
    recall_game,
    temporal_order,
)
from gatedrnn.data.text import (
    Vocabulary,
    contiguous_batches,
    king_james_books,
    king_james_version,
    split_text,
)
from gatedrnn.data.vowels import Utterances, Vowels, hold_out, japanese_vowels, resample
from gatedrnn.data.warping import warping_distances
from gatedrnn.data.wav import read_wav
from gatedrnn.data.weather import (
    Standardiser,
    Weather,
    climatology,
    persistence,
    season,
    seattle_weather,
    windows,
)
from gatedrnn.data.word_templates import WordTemplates
from gatedrnn.data.words import (
    PADDING,
    UNKNOWN,
    LengthBatches,
    WordVocabulary,
    padded_batch,
    split_characters,
    split_words,
)

__all__ = [
    "ANBNCN_SYMBOLS",
    "ANBN_SYMBOLS",
    "BRACKETS",
    "DATE_LANGUAGES",
    "DATE_PATTERNS",
    "DIGIT_WORDS",
    "EMOTIONS",
    "PADDING",
    "PROSODIES",
    "SPEECH_RATE",
    "TEMPORAL_ORDER_SYMBOLS",
    "UNKNOWN",
    "VOICES",
    "Batch",
    "Booking",
    "Chorales",
    "ChordTable",
    "Conversation",
    "ConversationBatches",
    "DataFileError",
    "DatedPairs",
    "DialogueTokens",
    "Dialogues",
    "DigitClip",
    "FreshBatches",
    "LabelBatch",
    "LabelBatches",
    "LabelledTexts",
    "LengthBatches",
    "Minibatches",
    "MissingPackageError",
    "PackageFile",
    "PairBatches",
    "PairTokens",
    "Pairs",
    "RailwayGrammar",
    "Recording",
    "Standardiser",
    "StockDays",
    "StockPrices",
    "Turn",
    "UnknownWordsError",
    "Utterances",
    "Vocabulary",
    "Vowels",
    "Weather",
    "WordTemplates",
    "WordVocabulary",
    "add_noise",
    "adding_problem",
    "anbn",
    "anbncn",
    "bach_chorales",
    "block_sums",
    "bracket_depth",
    "climatology",
    "contiguous_batches",
    "copy_memory",
    "daily_stock_prices",
    "deltas",
    "digit_features",
    "draw_digit_clips",
    "edit_operations",
    "error_rate",
    "ewma_variance",
    "hard_conversations",
    "hold_out",
    "independent_keys",
    "interface_strings",
    "japanese_vowels",
    "king_james_books",
    "king_james_version",
    "label_batch",
    "last_step_keys",
    "log_mel",
    "log_volatility",
    "marked_recall",
    "movie_reviews",
    "nearest_answers",
    "next_step_batch",
    "noisy_sine",
    "one_hot",
    "pad",
    "padded_batch",
    "parity",
    "persistence",
    "pitch_track",
    "railway_dialogues",
    "railway_routes",
    "read_ravdess",
    "read_wav",
    "recall_game",
    "resample",
    "season",
    "seattle_weather",
    "shopping_reviews",
    "slots_right",
    "speaker_variants",
    "speakers_of",
    "split_at_random",
    "split_by_actor",
    "split_by_date",
    "split_by_time",
    "split_characters",
    "split_text",
    "split_words",
    "synthesise",
    "temporal_order",
    "to_wav",
    "trailing_mean",
    "warping_distances",
    "windows",
    "write_prosodies",
    "written_dates",
]
