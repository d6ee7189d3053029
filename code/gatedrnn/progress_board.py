"""A figure that follows a training: live where somebody watches, once at the end elsewhere."""

from __future__ import annotations

import os
from collections.abc import Callable

from gatedrnn.style import finish_axes, line_style, plt

__all__ = ["ProgressBoard"]

#: Set by Jupyter, VS Code and Colab for a notebook that is open in front of a reader; not when
#: the book executes or tests its notebooks.
WATCHED = ("JPY_SESSION_NAME", "VSCODE_PID", "COLAB_RELEASE_TAG")


def _in_watched_notebook() -> bool:
    try:
        from IPython import get_ipython
    except ModuleNotFoundError:
        return False
    shell = get_ipython()
    return getattr(shell, "kernel", None) is not None and any(
        name in os.environ for name in WATCHED
    )


class ProgressBoard:
    """Curves that grow while a model trains.

    Parameters
    ----------
    xlabel, ylabel, xscale, yscale : str, optional
        As for `plot`.
    live : bool, optional
        Whether to draw while training; by default, where a reader watches.

    Attributes
    ----------
    history : dict of str to (list of x, list of y)
        All points drawn, by label.

    Examples
    --------
    ::

        board = ProgressBoard(ylabel="loss", yscale="log")
        fit(model, batches, config, loss, valid=valid, after_epoch=board.after_epoch)
        board.show()
    """

    def __init__(
        self,
        *,
        xlabel: str = "epoch",
        ylabel: str = "loss",
        xscale: str = "linear",
        yscale: str = "linear",
        live: bool | None = None,
    ) -> None:
        self.format = {"xlabel": xlabel, "ylabel": ylabel, "xscale": xscale, "yscale": yscale}
        self.live = _in_watched_notebook() if live is None else live
        self.history: dict[str, tuple[list[float], list[float]]] = {}
        self._handle = None

    def draw(self, x: float, y: float, label: str) -> None:
        """Add a point to the curve of a label."""
        xs, ys = self.history.setdefault(label, ([], []))
        xs.append(float(x))
        ys.append(float(y))
        if self.live:
            self._refresh()

    def after_epoch(self, epoch: int, history) -> None:
        """Add the losses of an epoch; to be handed to `gatedrnn.train.fit`."""
        live, self.live = self.live, False  # one drawing for both points
        self.draw(epoch + 1, history.train_loss[-1], "train")
        if history.valid_loss:
            self.draw(epoch + 1, history.valid_loss[-1], "valid")
        self.live = live
        if live:
            self._refresh()

    def follow(self, label: str) -> Callable[[int, object], None]:
        """Return an `after_epoch` that adds one curve, for several trainings on one board.

        It is the validation loss if there is one, else the training loss.
        """

        def after_epoch(epoch: int, history) -> None:
            losses = history.valid_loss or history.train_loss
            self.draw(epoch + 1, losses[-1], label)

        return after_epoch

    def show(self, ax=None):
        """Draw everything, once; return the axes."""
        if self.live and self._handle is not None:
            self._refresh()
            return None
        ax = self._draw_all(ax)
        plt.show()
        return ax

    def _draw_all(self, ax=None):
        ax = plt.subplots()[1] if ax is None else ax
        for index, (label, (xs, ys)) in enumerate(self.history.items()):
            style = line_style(label, index)
            style.pop("marker", None)
            ax.plot(xs, ys, label=label, **style)
        finish_axes(ax, **self.format, legend=bool(self.history))
        return ax

    def _refresh(self) -> None:
        from IPython.display import display

        figure = self._draw_all().figure
        if self._handle is None:
            self._handle = display(figure, display_id=True)
        else:
            self._handle.update(figure)
        plt.close(figure)  # or the notebook would show it again at the end of the cell
