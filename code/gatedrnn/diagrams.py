r"""Wiring diagrams of the three cells in one visual language.

Coloured boxes are layers (a matrix product and an activation), circles are elementwise, and a wire
has the colour of what it carries, from `GATE_COLOURS`. A dot is a copy; a wire that bends into
another is joined to it, and one that jumps over another is not.
"""

from __future__ import annotations

from gatedrnn.diagram_sheet import BOX, RADIUS, X_COLOUR, Sheet
from gatedrnn.style import GATE_COLOURS

__all__ = ["draw_gru_cell", "draw_lstm_cell", "draw_rnn_cell"]


def draw_rnn_cell(ax=None):
    r"""Draw :math:`h_t = \tanh(W x_t + U h_{t-1} + b)`; return the axes."""
    s = Sheet(ax, 9.6, 4.8)
    h = GATE_COLOURS["h"]
    s.body(1.5, 1.1, 8.1, 4.2)
    y, x_h = 2.65, 4.8
    s.join(3.0, 0.2, y, X_COLOUR)
    s.wire([(0.2, y), (x_h - BOX[0] / 2, y)], h)
    s.layer(x_h, y, "h", "tanh")
    s.wire([(x_h + BOX[0] / 2, y), (9.4, y)], h)
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
    s.wire([(0.2, top), (x_f - RADIUS, top)], c, thick=True)
    s.wire([(x_f + RADIUS, top), (x_g - RADIUS, top)], c, thick=True)
    s.wire([(x_g + RADIUS, top), (12.8, top)], c, thick=True)
    # What the gates see.
    s.wire([(0.2, bus), (x_o, bus), (x_o, gates - half)], h)
    for x in (x_f, x_i, x_g):
        s.wire([(x, bus), (x, gates - half)], h)
        s.dot(x, bus, h)
    s.join(2.6, 0.2, bus, X_COLOUR)
    # What they do.
    colours = GATE_COLOURS
    s.wire([(x_f, gates + half), (x_f, top - RADIUS)], colours["f"])
    s.wire([(x_i, gates + half), (x_i, middle), (x_g - RADIUS, middle)], colours["i"])
    s.wire([(x_g, gates + half), (x_g, middle - RADIUS)], colours["g"])
    s.wire([(x_g, middle + RADIUS), (x_g, top - RADIUS)], c)
    s.wire([(x_o, gates + half), (x_o, middle), (x_out - RADIUS, middle)], colours["o"])
    s.wire([(x_out, top), (x_out, middle + RADIUS)], c)
    s.wire([(x_out, middle - RADIUS), (x_out, bus), (12.8, bus)], h)
    s.dot(x_out, top, c)
    s.function(x_out, 5.75, "tanh")
    for x, gate in ((x_f, "f"), (x_i, "i"), (x_g, "g"), (x_o, "o")):
        s.layer(x, gates, gate, "tanh" if gate == "g" else "σ")
    s.operation(x_f, top, "x", colours["f"])
    s.operation(x_g, top, "+", c)
    s.operation(x_g, middle, "x", colours["i"])
    s.operation(x_out, middle, "x", colours["o"])
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
    s.wire([(0.2, top), (x_z - RADIUS, top)], h, thick=True)
    s.wire([(x_z + RADIUS, top), (x_n - RADIUS, top)], h, thick=True)
    s.wire([(x_n + RADIUS, top), (12.8, top)], h, thick=True)
    # What the gates see.
    s.wire([(2.0, top), (2.0, bus), (x_z, bus), (x_z, gates - half)], h)
    s.dot(2.0, top, h)
    s.wire([(x_r, bus), (x_r, gates - half)], h)
    s.dot(x_r, bus, h)
    s.join(3.0, 0.2, bus, X_COLOUR)
    s.wire([(2.7, x_rail), (x_n + 0.3, x_rail), (x_n + 0.3, gates - half)], X_COLOUR)
    s.dot(2.7, x_rail, X_COLOUR)
    # What they do.
    s.wire([(x_reset, top), (x_reset, middle + RADIUS)], h)
    s.dot(x_reset, top, h)
    s.wire([(x_r, gates + half), (x_r, middle), (x_reset - RADIUS, middle)], colours["r"])
    s.wire(
        [(x_reset, middle - RADIUS), (x_reset, low), (x_n - 0.3, low), (x_n - 0.3, gates - half)],
        h,
        over=(x_z, low),
    )
    s.wire([(x_z, gates + half), (x_z, top - RADIUS)], colours["z"])
    s.dot(x_z, middle, colours["z"])
    s.wire([(x_z, middle), (x_n - RADIUS, middle)], colours["z"])
    s.wire([(x_n, gates + half), (x_n, middle - RADIUS)], colours["n"])
    s.wire([(x_n, middle + RADIUS), (x_n, top - RADIUS)], colours["n"])
    for x, gate in ((x_r, "r"), (x_z, "z"), (x_n, "n")):
        s.layer(x, gates, gate, "tanh" if gate == "n" else "σ")
    s.operation(x_reset, middle, "x", colours["r"])
    s.operation(x_z, top, "x", colours["z"])
    s.operation(x_minus, middle, "1−", colours["z"])
    s.operation(x_n, middle, "x", colours["z"])
    s.operation(x_n, top, "+", h)
    if reset_after:
        s.function(x_reset, 6.42, "$U_n$", 0.95)
    s.text(0.75, top + 0.45, "$h_{t-1}$")
    s.text(12.3, top + 0.45, "$h_t$")
    s.text(3.05, 0.5, "$x_t$", ha="left")
    return s.ax
