r"""How every figure of the book looks: colours, lines and settings."""

from __future__ import annotations

from types import MappingProxyType

from gatedrnn.optional import import_optional

matplotlib = import_optional("matplotlib", extra="plot")
plt = import_optional("matplotlib.pyplot", extra="plot")

__all__ = [
    "CELL_COLOURS",
    "CELL_LINES",
    "CELL_MARKERS",
    "GATE_COLOURS",
    "finish_axes",
    "gate_colormap",
    "line_style",
    "use_book_style",
]

#: One colour per gate and state in the whole book, from the palette of Okabe and Ito, which most
#: colour-blind readers can tell apart. Gates with the same role share one: f and z weigh the old
#: state, g and n are the candidates.
GATE_COLOURS = MappingProxyType(
    {
        "i": "#009E73",
        "f": "#D55E00",
        "g": "#E69F00",
        "o": "#0072B2",
        "c": "#CC79A7",
        "r": "#56B4E9",
        "z": "#D55E00",
        "n": "#E69F00",
        "h": "#4D4D4D",
    }
)
#: One colour per cell, none of them a gate's; lines and markers differ too.
CELL_COLOURS = MappingProxyType({"RNN": "#8C8C8C", "LSTM": "#1F3A93", "GRU": "#D81B60"})
CELL_LINES = MappingProxyType({"RNN": ":", "LSTM": "-", "GRU": "--"})
CELL_MARKERS = MappingProxyType({"RNN": "^", "LSTM": "o", "GRU": "s"})
#: For lines that are neither a cell nor a gate: distinct in colour and in the way they are drawn.
OTHER_COLOURS = ("#000000", "#0072B2", "#D55E00", "#009E73", "#CC79A7", "#56B4E9", "#E69F00")
OTHER_LINES = ("-", "--", "-.", ":", (0, (5, 1)), (0, (3, 1, 1, 1)), (0, (1, 1)))

STYLE = {
    "figure.figsize": (5.2, 3.2),  # inches; still readable when a phone shows it 360 pixels wide
    "figure.facecolor": "white",
    "figure.constrained_layout.use": True,
    "font.size": 11.5,
    "axes.titlesize": 11.5,
    "axes.labelsize": 11.5,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "axes.formatter.min_exponent": 3,  # 0.01 and 100 rather than powers of ten
    "axes.edgecolor": "#4D4D4D",
    "grid.color": "#E3E3E3",
    "grid.linewidth": 0.8,
    "lines.linewidth": 2.0,
    "lines.markersize": 5.0,
    "legend.frameon": False,
    "legend.fontsize": 10.5,
    "legend.handlelength": 2.6,
    "image.cmap": "viridis",
    "mathtext.fontset": "dejavusans",
    "svg.fonttype": "path",  # looks the same where the fonts are not installed
    "svg.hashsalt": "gatedrnn",  # or identifiers are random, and no two runs give the same file
    "axes.prop_cycle": matplotlib.cycler(color=OTHER_COLOURS, linestyle=OTHER_LINES),
}


def use_book_style() -> None:
    """Set Matplotlib up as in the book; in a notebook, also make figures SVG.

    The same figure gives the same bytes every time: identifiers are salted and no date is stored.
    """
    plt.rcParams.update(STYLE)
    try:
        from IPython import get_ipython
        from matplotlib_inline.backend_inline import set_matplotlib_formats
    except ModuleNotFoundError:
        return
    if get_ipython() is not None:
        set_matplotlib_formats("svg", metadata={"Date": None, "Creator": None})


def line_style(name: str, index: int = 0) -> dict:
    """Return how a cell, a gate or any other thing is drawn, as arguments of ``ax.plot``.

    Parameters
    ----------
    name : str
        ``"LSTM"``, ``"f"``, ...; a label that begins with a cell's name, such as
        ``"LSTM, forget bias 1"``, gets the cell's colour.
    index : int, optional
        Place among several lines, to tell apart those that are neither.
    """
    if name in CELL_COLOURS:
        style = {
            "color": CELL_COLOURS[name],
            "linestyle": CELL_LINES[name],
            "marker": CELL_MARKERS[name],
        }
        if name == "GRU":  # drawn last, and often where the LSTM is: an open mark shows both
            style |= {"markerfacecolor": "none", "markersize": 8.5, "markeredgewidth": 1.6}
        return style
    if name in GATE_COLOURS:
        return {"color": GATE_COLOURS[name], "linestyle": "-"}
    for cell, colour in CELL_COLOURS.items():
        if name.startswith((cell + " ", cell + ",")):
            return {"color": colour, "linestyle": OTHER_LINES[index % len(OTHER_LINES)]}
    which = index % len(OTHER_COLOURS)
    return {"color": OTHER_COLOURS[which], "linestyle": OTHER_LINES[which]}


def gate_colormap(gate: str):
    """Return a colour map from white to a gate's colour, for values from 0 to 1."""
    return matplotlib.colors.LinearSegmentedColormap.from_list(
        f"gate {gate}", ["white", GATE_COLOURS[gate]]
    )


def finish_axes(
    ax,
    *,
    xlabel: str | None = None,
    ylabel: str | None = None,
    title: str | None = None,
    xscale: str = "linear",
    yscale: str = "linear",
    legend: bool = False,
) -> None:
    """Label and scale axes; what is None stays as it is."""
    # Setting a scale, even the one it has, would take away the ticks that somebody has set.
    if ax.get_xscale() != xscale:
        ax.set_xscale(xscale)
    if ax.get_yscale() != yscale:
        ax.set_yscale(yscale)
    for text, setter in ((xlabel, ax.set_xlabel), (ylabel, ax.set_ylabel), (title, ax.set_title)):
        if text is not None:
            setter(text)
    if legend:
        ax.legend()
