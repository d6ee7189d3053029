r"""A search that finds symbols: σ and \sigma, ∘, W_f and W_{f}, and names of code as they are.

Sphinx's index has the TeX source of formulas, so that it knows "sigma" and nothing of σ; a sign
such as ∘ is no word to it at all. Here signs become their TeX names, in pages and in queries.
"""

from __future__ import annotations

import json
import re
import unicodedata

from sphinx.application import Sphinx
from sphinx.search.en import SearchEnglish

#: Signs that are no letters, with their names in TeX.
SIGNS = {
    "∘": "circ",
    "⊙": "odot",
    "⊗": "otimes",
    "×": "times",
    "·": "cdot",
    "∂": "partial",
    "∇": "nabla",
    "∑": "sum",
    "∏": "prod",
    "√": "sqrt",
    "∞": "infty",
    "≤": "leq",
    "≥": "geq",
    "≈": "approx",
    "≠": "neq",
    "‖": "lVert",
    "ℒ": "mathcal",
}


def greek_letters() -> dict[str, str]:
    """Return the Greek letters with their names in TeX."""
    names = {}
    for code in (*range(0x391, 0x3AA), *range(0x3B1, 0x3CA)):
        words = unicodedata.name(chr(code), "").split()
        if len(words) == 4 and words[0] == "GREEK":
            # Unicode's own spelling.
            name = words[3].lower().replace("lamda", "lambda")  # codespell:ignore lamda
            names[chr(code)] = name if words[1] == "SMALL" else name.capitalize()
    return names


NAMES = SIGNS | greek_letters()


#: The same as ``SearchSymbols.split``, in the reader's browser.
SPLITTER = rf"""
var splitQuery = (query) => {{
  const names = {json.dumps(NAMES)};
  return [...query]
    .map((sign) => (names[sign] ? ` ${{names[sign]}} ` : sign))
    .join("")
    .replace(/\\var(?=[a-z])/g, "\\")
    .replace(/_\{{(\w+)\}}/g, "_$1")
    .split(/[^\p{{Letter}}\p{{Number}}_\p{{Emoji_Presentation}}]+/gu)
    .filter((term) => term);
}};
"""


#: Where a name of code such as OptimizedLSTMCell has a seam.
SEAM = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")


def names_within(word: str) -> list[str]:
    """Return the names that end a name: LSTMCell in OptimizedLSTMCell."""
    seams = [match.start() for match in SEAM.finditer(word)]
    return [word[start:] for start in seams[:-1]]


class SearchSymbols(SearchEnglish):
    """English, with signs under their names, and names of code that are found by their ends."""

    js_splitter_code = SPLITTER

    def stem(self, word: str) -> str:
        """Leave xs and hs alone, as the stemmer in the browser does."""
        return word.lower() if len(word) < 3 else super().stem(word)

    def split(self, text: str) -> list[str]:
        named = "".join(f" {NAMES[sign]} " if sign in NAMES else sign for sign in text)
        plain = re.sub(r"\\var(?=[a-z])", r"\\", named)  # an epsilon of either shape
        words = super().split(re.sub(r"_\{(\w+)\}", r"_\1", plain))
        return words + [name for word in words for name in names_within(word)]


def setup(app: Sphinx) -> dict:
    app.add_search_language(SearchSymbols)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
