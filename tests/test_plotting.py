"""Figures: what is drawn is what was given, in the right colours, the same bytes every time."""

import io
import subprocess
import sys
from types import SimpleNamespace

import matplotlib as mpl
import numpy as np
import pytest

mpl.use("Agg")

import matplotlib.pyplot as plt

from gatedrnn import GRU, LSTM, RNN, diagrams, plotting


@pytest.fixture(autouse=True)
def book_style():
    with mpl.rc_context():
        plotting.use_book_style()
        yield
    plt.close("all")


def svg(figure):
    file = io.BytesIO()
    figure.savefig(file, format="svg", metadata={"Date": None})
    return file.getvalue()


def contrast(colour, other="white"):
    def luminance(name):
        rgb = np.array(mpl.colors.to_rgb(name))
        linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
        return linear @ [0.2126, 0.7152, 0.0722]

    high, low = sorted((luminance(colour), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def test_importing_gatedrnn_does_not_import_matplotlib():
    code = "import gatedrnn, gatedrnn.data, sys; assert 'matplotlib' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)


@pytest.mark.parametrize("cell", [RNN, LSTM, GRU])
def test_every_gate_and_cell_has_its_own_colour(cell):
    colours = [plotting.GATE_COLOURS[gate] for gate in (*cell.gates, *cell.state_names)]
    assert len(set(colours)) == len({*cell.gates, *cell.state_names})
    assert cell.__name__ in plotting.CELL_COLOURS
    assert not set(plotting.CELL_COLOURS.values()) & set(plotting.GATE_COLOURS.values())


def test_cells_differ_without_colour_too():
    for table in (plotting.CELL_LINES, plotting.CELL_MARKERS):
        assert len(set(table.values())) == 3
    assert all(contrast(colour) > 3 for colour in plotting.CELL_COLOURS.values())


def test_plot_draws_the_numbers_in_the_cells_colours():
    ax = plotting.plot(
        [1, 2], {"LSTM": [3, 4], "other": [5, 6]}, xlabel="epoch", ylabel="loss", yscale="log"
    )
    lines = dict(zip(["LSTM", "other"], ax.lines, strict=True))
    np.testing.assert_array_equal(lines["LSTM"].get_xydata(), [[1, 3], [2, 4]])
    assert lines["LSTM"].get_color() == plotting.CELL_COLOURS["LSTM"]
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["LSTM", "other"]
    assert (ax.get_xlabel(), ax.get_ylabel(), ax.get_yscale()) == ("epoch", "loss", "log")


def test_plot_takes_axes_and_a_single_line():
    _, ax = plt.subplots()
    assert plotting.plot(None, np.array([4.0, 2.0]), ax=ax) is ax
    np.testing.assert_array_equal(ax.lines[0].get_xydata(), [[0, 4], [1, 2]])
    assert ax.get_legend() is None


def test_band_is_the_range_of_the_runs_or_the_given_interval():
    runs = {"GRU": np.array([[1.0, 2.0], [3.0, 8.0]])}
    ax = plotting.plot_with_interval([10, 20], runs, xscale="log")
    np.testing.assert_array_equal(ax.lines[0].get_ydata(), [2, 5])
    band = ax.collections[0].get_datalim(ax.transData)
    assert (band.y0, band.y1) == (1, 8)
    assert [tick.get_text() for tick in ax.get_xticklabels()] == ["10", "20"]
    ax = plotting.plot_with_interval([1, 2], runs, intervals={"GRU": ([1.5, 4], [2.5, 6])})
    band = ax.collections[0].get_datalim(ax.transData)
    assert (band.y0, band.y1) == (1.5, 6)


def test_gradient_flow_draws_the_geometric_mean_and_skips_zeros():
    ax = plotting.gradient_flow({"RNN": np.array([[1, 0.01, 0], [1, 0.0001, 0]])})
    np.testing.assert_allclose(ax.lines[0].get_ydata(), [1, 0.001, np.nan])
    assert ax.get_yscale() == "log"


def test_heatmaps_share_one_scale():
    axes = plotting.show_heatmaps({"a": np.eye(3), "b": 4 * np.eye(3)}, xticks="xyz")
    assert {ax.images[0].get_clim() for ax in axes} == {(0, 4)}
    assert [ax.get_title() for ax in axes] == ["a", "b"]
    assert [tick.get_text() for tick in axes[0].get_xticklabels()] == ["x", "y", "z"]
    (ax,) = plotting.show_heatmaps(np.array([[-3.0, 1.0]]))
    assert ax.images[0].get_clim() == (-3, 3)  # zero in the middle


def test_gates_over_a_text():
    ax = plotting.show_gates({"f": [0.1, 0.9, 0.5], "z": [0, 0, 1]}, steps="a b")
    assert [tick.get_text() for tick in ax.get_xticklabels()] == ["a", "␣", "b"]
    one, two = ax.lines
    assert one.get_color() == two.get_color() == plotting.GATE_COLOURS["f"]
    assert one.get_linestyle() != two.get_linestyle()


def test_gate_maps_go_from_white_to_the_gates_colour():
    values = np.random.default_rng(0).uniform(-1, 1, (5, 7))
    axes = plotting.show_gate_maps({"r": np.abs(values), "n": values}, steps="abcde")
    for ax, gate in zip(axes, "rn", strict=True):
        image = ax.images[0]
        np.testing.assert_array_equal(image.get_array(), np.abs(values).T)
        assert mpl.colors.to_hex(image.cmap(0.0)) == "#ffffff"
        assert mpl.colors.to_hex(image.cmap(1.0)).upper() == plotting.GATE_COLOURS[gate]


def test_progress_board_keeps_its_history_and_draws_it():
    board = plotting.ProgressBoard(yscale="log")
    history = SimpleNamespace(train_loss=[], valid_loss=[])
    for epoch, loss in enumerate((3.0, 1.0)):
        history.train_loss.append(loss)
        history.valid_loss.append(2 * loss)
        board.after_epoch(epoch, history)
        board.follow("GRU")(epoch, history)
    assert not plt.get_fignums()  # nothing is drawn before somebody looks
    assert board.history["train"] == ([1, 2], [3, 1])
    assert board.history["valid"] == board.history["GRU"] == ([1, 2], [6, 2])
    _, ax = plt.subplots()
    board.show(ax)
    assert [line.get_label() for line in ax.lines] == ["train", "valid", "GRU"]
    np.testing.assert_array_equal(ax.lines[1].get_ydata(), [6, 2])


def test_progress_board_redraws_one_display_when_live(monkeypatch):
    shown = []
    handle = SimpleNamespace(update=lambda figure: shown.append(("update", figure)))

    def display(figure, display_id):
        shown.append(("display", figure))
        return handle

    monkeypatch.setattr("IPython.display.display", display)
    board = plotting.ProgressBoard(live=True)
    for epoch in range(3):
        board.draw(epoch, 1 / (epoch + 1), "train")
    assert [kind for kind, _ in shown] == ["display", "update", "update"]
    assert len(shown[-1][1].axes[0].lines[0].get_xdata()) == 3
    assert not plt.get_fignums()


DIAGRAMS = {
    "rnn": diagrams.draw_rnn_cell,
    "lstm": diagrams.draw_lstm_cell,
    "gru": diagrams.draw_gru_cell,
    "gru, reset after": lambda ax=None: diagrams.draw_gru_cell(ax, reset_after=True),
}
PARTS = {
    "rnn": ["$h_t$"],
    "lstm": ["$f_t$", "$i_t$", "$g_t$", "$o_t$"],
    "gru": ["$r_t$", "$z_t$", "$n_t$"],
    "gru, reset after": ["$r_t$", "$z_t$", "$n_t$", "$U_n$"],
}


@pytest.mark.parametrize("name", DIAGRAMS)
def test_diagrams_have_their_parts_inside_and_apart(name):
    ax = DIAGRAMS[name]()
    ax.figure.canvas.draw()
    texts = [text for text in ax.texts if text.get_text()]
    assert set(PARTS[name]) <= {text.get_text() for text in texts}
    boxes = [text.get_window_extent() for text in texts]
    frame = ax.figure.bbox
    for k, box in enumerate(boxes):
        assert frame.x0 <= box.x0 < box.x1 <= frame.x1, texts[k].get_text()
        assert frame.y0 <= box.y0 < box.y1 <= frame.y1, texts[k].get_text()
        for other, text in zip(boxes[k + 1 :], texts[k + 1 :], strict=True):
            assert not box.overlaps(other), (texts[k].get_text(), text.get_text())


@pytest.mark.parametrize("name", DIAGRAMS)
def test_labels_stay_clear_of_wires(name):
    ax = DIAGRAMS[name]()
    ax.figure.canvas.draw()
    wires = [
        patch.get_path().transformed(patch.get_transform())
        for patch in ax.patches
        if isinstance(patch, mpl.patches.FancyArrowPatch)
    ]
    # The functions without weights lie on a wire, in boxes of their own that cover it.
    labels = [text for text in ax.texts if text.get_text().endswith(("_t$", "_{t-1}$"))]
    assert len(labels) > 2
    for text in labels:
        box = text.get_window_extent()
        for wire in wires:
            points = wire.interpolated(50).vertices
            inside = (
                (points[:, 0] > box.x0)
                & (points[:, 0] < box.x1)
                & (points[:, 1] > box.y0)
                & (points[:, 1] < box.y1)
            )
            assert not inside.any(), text.get_text()


@pytest.mark.parametrize("name", DIAGRAMS)
def test_the_same_figure_gives_the_same_bytes(name):
    assert svg(DIAGRAMS[name]().figure) == svg(DIAGRAMS[name]().figure)


def test_a_diagram_fits_the_axes_it_is_given():
    _, axes = plt.subplots(1, 2)
    sizes = []
    for ax in (axes[0], None):
        drawn = diagrams.draw_lstm_cell(ax)
        assert ax is None or drawn is ax
        sizes.append(drawn.texts[0].get_fontsize())
    assert sizes[0] < 0.6 * sizes[1]
