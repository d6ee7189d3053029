r"""Wiring diagrams of the three cells in one visual language.

Coloured boxes are layers (a matrix product and an activation), circles are elementwise, and a wire
has the colour of what it carries, from `GATE_COLOURS`. A dot is a copy; a wire that bends into
another is joined to it, and one that jumps over another is not.
"""

from __future__ import annotations

import io
import re
from collections.abc import Callable

from gatedrnn.diagram_sheet import BOX, RADIUS, X_COLOUR, Sheet
from gatedrnn.style import GATE_COLOURS, plt

__all__ = ["draw_gru_cell", "draw_lstm_cell", "draw_rnn_cell", "wiring_svg"]


def draw_rnn_cell(ax=None):
    r"""Draw :math:`h_t = \tanh(W x_t + U h_{t-1} + b)`; return the axes."""
    s = Sheet(ax, 9.6, 4.8)
    h = GATE_COLOURS["h"]
    s.body(1.5, 1.1, 8.1, 4.2)
    y, x_h = 2.65, 4.8
    s.join(3.0, 0.2, y, X_COLOUR)
    s.wire([(0.2, y), (x_h - BOX[0] / 2, y)], h, term="h-before")
    s.layer(x_h, y, "h", "tanh")
    s.wire([(x_h + BOX[0] / 2, y), (9.4, y)], h, term="h")
    s.text(0.75, y + 0.45, "$h_{t-1}$")
    s.text(8.85, y + 0.45, "$h_t$")
    s.text(3.05, 0.5, "$x_t$", ha="left")
    return s.ax


def draw_lstm_cell(ax=None):
    r"""Draw an LSTM cell; return the axes.

    .. math::

        c_t = f_t \circ c_{t-1} + i_t \circ g_t, \qquad h_t = o_t \circ \tanh(c_t)

    The cell state runs along the top and meets nothing but a product and a sum.
    """
    s = Sheet(ax, 13.0, 8.2)
    c, h = GATE_COLOURS["c"], GATE_COLOURS["h"]
    s.body(1.5, 1.1, 11.5, 7.6)
    top, bus, gates, middle = 6.7, 1.8, 3.3, 4.75
    half = BOX[1] / 2
    x_f, x_i, x_g, x_o, x_out = 3.3, 4.95, 6.6, 8.25, 10.1
    # The state: kept by f, added to by i and g.
    s.wire([(0.2, top), (x_f - RADIUS, top)], c, thick=True, term="c-before")
    s.wire([(x_f + RADIUS, top), (x_g - RADIUS, top)], c, thick=True, term="c")
    s.wire([(x_g + RADIUS, top), (12.8, top)], c, thick=True, term="c")
    # What the gates see.
    s.wire([(0.2, bus), (x_o, bus), (x_o, gates - half)], h, term="h-before")
    for x in (x_f, x_i, x_g):
        s.wire([(x, bus), (x, gates - half)], h, term="h-before")
        s.dot(x, bus, h)
    s.join(2.6, 0.2, bus, X_COLOUR)
    # What they do.
    colours = GATE_COLOURS
    s.wire([(x_f, gates + half), (x_f, top - RADIUS)], colours["f"], term="f")
    s.wire([(x_i, gates + half), (x_i, middle), (x_g - RADIUS, middle)], colours["i"], term="i")
    s.wire([(x_g, gates + half), (x_g, middle - RADIUS)], colours["g"], term="g")
    s.wire([(x_g, middle + RADIUS), (x_g, top - RADIUS)], c, term="c")
    s.wire([(x_o, gates + half), (x_o, middle), (x_out - RADIUS, middle)], colours["o"], term="o")
    s.wire([(x_out, top), (x_out, middle + RADIUS)], c, term="c")
    s.wire([(x_out, middle - RADIUS), (x_out, bus), (12.8, bus)], h, term="h")
    s.dot(x_out, top, c)
    s.function(x_out, 5.75, "tanh")
    for x, gate in ((x_f, "f"), (x_i, "i"), (x_g, "g"), (x_o, "o")):
        s.layer(x, gates, gate, "tanh" if gate == "g" else "σ")
    s.operation(x_f, top, "x", colours["f"], "f")
    s.operation(x_g, top, "+", c, "c")
    s.operation(x_g, middle, "x", colours["i"], "i")
    s.operation(x_out, middle, "x", colours["o"], "o")
    s.text(0.75, top + 0.45, "$c_{t-1}$")
    s.text(12.3, top + 0.45, "$c_t$")
    s.text(0.75, bus + 0.45, "$h_{t-1}$")
    s.text(12.3, bus + 0.45, "$h_t$")
    s.text(2.65, 0.5, "$x_t$", ha="left")
    return s.ax


def draw_gru_cell(ax=None, *, reset_after: bool = False):
    r"""Draw a GRU cell; return the axes.

    .. math::

        h_t = z_t \circ h_{t-1} + (1 - z_t) \circ n_t

    Parameters
    ----------
    ax : matplotlib Axes, optional
    reset_after : bool, optional
        False resets the state before the matrix product, as in Cho et al. (2014); True resets
        :math:`U_n h_{t-1} + b_n`, as the frameworks do: one more box.
    """
    s = Sheet(ax, 13.0, 8.6)
    h, colours = GATE_COLOURS["h"], GATE_COLOURS
    s.body(1.5, 1.1, 11.5, 8.0)
    top, gates, middle, bus, x_rail = 7.1, 4.0, 5.5, 2.25, 1.6
    low = 2.85  # where what was reset runs to the candidate
    half = BOX[1] / 2
    x_r, x_reset, x_z, x_minus, x_n = 3.4, 5.05, 6.7, 8.2, 9.75
    # The state, which z keeps and n replaces.
    s.wire([(0.2, top), (x_z - RADIUS, top)], h, thick=True, term="h-before")
    s.wire([(x_z + RADIUS, top), (x_n - RADIUS, top)], h, thick=True, term="h")
    s.wire([(x_n + RADIUS, top), (12.8, top)], h, thick=True, term="h")
    # What the gates see.
    s.wire([(2.0, top), (2.0, bus), (x_z, bus), (x_z, gates - half)], h, term="h-before")
    s.dot(2.0, top, h)
    s.wire([(x_r, bus), (x_r, gates - half)], h, term="h-before")
    s.dot(x_r, bus, h)
    s.join(3.0, 0.2, bus, X_COLOUR)
    s.wire([(2.7, x_rail), (x_n + 0.3, x_rail), (x_n + 0.3, gates - half)], X_COLOUR, term="x")
    s.dot(2.7, x_rail, X_COLOUR)
    # What they do.
    s.wire([(x_reset, top), (x_reset, middle + RADIUS)], h, term="h-before")
    s.dot(x_reset, top, h)
    s.wire([(x_r, gates + half), (x_r, middle), (x_reset - RADIUS, middle)], colours["r"], term="r")
    s.wire(
        [(x_reset, middle - RADIUS), (x_reset, low), (x_n - 0.3, low), (x_n - 0.3, gates - half)],
        h,
        over=(x_z, low),
        term="h-before",
    )
    s.wire([(x_z, gates + half), (x_z, top - RADIUS)], colours["z"], term="z")
    s.dot(x_z, middle, colours["z"])
    s.wire([(x_z, middle), (x_n - RADIUS, middle)], colours["z"], term="z")
    s.wire([(x_n, gates + half), (x_n, middle - RADIUS)], colours["n"], term="n")
    s.wire([(x_n, middle + RADIUS), (x_n, top - RADIUS)], colours["n"], term="n")
    for x, gate in ((x_r, "r"), (x_z, "z"), (x_n, "n")):
        s.layer(x, gates, gate, "tanh" if gate == "n" else "σ")
    s.operation(x_reset, middle, "x", colours["r"], "r")
    s.operation(x_z, top, "x", colours["z"], "z")
    s.operation(x_minus, middle, "1−", colours["z"], "z")
    s.operation(x_n, middle, "x", colours["z"], "z")
    s.operation(x_n, top, "+", h, "h")
    if reset_after:
        s.function(x_reset, 6.42, "$U_n$", 0.95)
    s.text(0.75, top + 0.45, "$h_{t-1}$")
    s.text(12.3, top + 0.45, "$h_t$")
    s.text(3.05, 0.5, "$x_t$", ha="left")
    return s.ax


def wiring_svg(draw: Callable, name: str, description: str, **options) -> str:
    """Return a diagram as SVG for a page, in which each part names its term of the equations.

    Parameters
    ----------
    draw : callable
        `draw_rnn_cell`, `draw_lstm_cell` or `draw_gru_cell`.
    name : str
        What all ids begin with, so that a page can hold several diagrams.
    description : str
        What is said of it to somebody who does not see it.
    **options
        Of `draw`.

    Returns
    -------
    str
        An ``svg`` element. Layers, operations and wires have the attribute ``data-term``, such as
        ``"f"``, or ``"h-before"`` for :math:`h_{t-1}`.
    """
    ax = draw(**options)
    target = io.StringIO()
    with plt.rc_context({"svg.hashsalt": name}):
        ax.figure.savefig(target, format="svg", transparent=True, metadata={"Date": None})
    plt.close(ax.figure)
    svg = target.getvalue()
    svg = svg[svg.index("<svg") :]
    svg = re.sub(r"<metadata>.*?</metadata>", "", svg, flags=re.DOTALL)
    svg = re.sub(r'\bid="term-([\w-]+)-\d+"', r'data-term="\1"', svg)
    svg = re.sub(r'(\bid="|url\(#|href="#)', rf"\1{name}-", svg)
    label = description.replace("&", "&amp;").replace('"', "&quot;")
    return svg.replace("<svg ", f'<svg role="img" aria-label="{label}" ', 1)
