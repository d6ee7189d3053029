"""The notation page repeats what the library decides; here the two are compared."""

from __future__ import annotations

import re
from pathlib import Path

from gatedrnn.cells import GRU, LSTM, RNN
from gatedrnn.plotting import GATE_COLOURS

PAGE = (Path(__file__).parents[1] / "book" / "notation.md").read_text(encoding="utf-8")


def test_colours_on_the_notation_page_are_those_of_the_figures():
    rows = re.findall(
        r"^\| <span style=\"color: (#\w{6})\">.*$", PAGE, flags=re.MULTILINE
    )
    on_page = {}
    for line in PAGE.splitlines():
        colour = re.search(r"color: (#\w{6})", line)
        if colour:
            on_page |= dict.fromkeys(re.findall(r"\$(\w)\$", line), colour[1])
    assert len(rows) == len(set(rows))
    assert on_page == dict(GATE_COLOURS)


def test_order_of_the_blocks_on_the_notation_page_is_that_of_the_cells():
    lstm, gru = re.search(
        r"^\| this book, PyTorch.*\| (.+) \| (.+) \|$", PAGE, re.MULTILINE
    ).groups()
    assert tuple(lstm.split(", ")) == LSTM.gates
    assert tuple(gru.split(", ")) == GRU.gates
    assert RNN.gates == ("h",)
