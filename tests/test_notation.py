"""The notation page repeats what the library decides; here the two are compared."""

from __future__ import annotations

import re
from pathlib import Path

from gatedrnn.cells import GRU, LSTM
from gatedrnn.plotting import GATE_COLOURS

PAGE = (Path(__file__).parents[1] / "book" / "notation.md").read_text(encoding="utf-8")


def test_colours_on_the_notation_page_are_those_of_the_figures():
    on_page = {}
    for colour, row in re.findall(r"color: (#\w{6})(.*)", PAGE):
        on_page |= dict.fromkeys(re.findall(r"\$(\w)\$", row), colour)
    assert on_page == dict(GATE_COLOURS)


def test_order_of_the_blocks_on_the_notation_page_is_that_of_the_cells():
    row = re.search(r"^\| this book, PyTorch.*\| (.+) \| (.+) \|$", PAGE, re.MULTILINE)
    assert [tuple(cell.split(", ")) for cell in row.groups()] == [LSTM.gates, GRU.gates]
