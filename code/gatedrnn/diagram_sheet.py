r"""What the wiring diagrams are made of: layers, operations, wires."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from gatedrnn.style import GATE_COLOURS, matplotlib, plt

__all__ = ["BOX", "RADIUS", "X_COLOUR", "Sheet"]

INK = "#333333"
BODY = "#F6F6F4"
X_COLOUR = "#7A7A7A"
BOX = (1.25, 1.15)  # width and height of a layer
RADIUS = 0.34  # of an elementwise operation


def _tint(colour: str, strength: float = 0.28) -> tuple[float, ...]:
    """Mix a colour with white."""
    rgb = np.array(matplotlib.colors.to_rgb(colour))
    return tuple(1 - strength * (1 - rgb))


class Sheet:
    """Axes to draw a cell on, with everything sized by one unit of length."""

    def __init__(self, ax, width: float, height: float) -> None:
        if ax is None:
            # One scale for all three cells, so that they can be compared.
            _, ax = plt.subplots(figsize=(0.43 * width, 0.43 * height), layout="none")
            ax.set_position([0, 0, 1, 1])
        ax.set(xlim=(0, width), ylim=(0, height), aspect="equal")
        ax.set_axis_off()
        box, inches = ax.get_position(), ax.figure.get_size_inches()
        self.counts: dict[str, int] = {}
        self.unit = 72 * min(
            box.width * inches[0] / width, box.height * inches[1] / height
        )  # points per unit of length
        self.ax = ax

    def _mark(self, artist, term: str | None) -> None:
        """Give an artist an id that begins with the term of the equations that it stands for."""
        if term is not None:
            count = self.counts[term] = self.counts.get(term, 0) + 1
            artist.set_gid(f"term-{term}-{count}")

    def body(self, left: float, bottom: float, right: float, top: float) -> None:
        """Draw the outline of the cell."""
        self._rounded(left, bottom, right - left, top - bottom, 0.45, BODY, "#BDBDB8", 0.05, 0)

    def _rounded(self, x, y, w, h, rounding, face, edge, line, order, term=None) -> None:
        patch = matplotlib.patches.FancyBboxPatch(
            (x, y),
            w,
            h,
            boxstyle=f"round,pad=0,rounding_size={rounding}",
            facecolor=face,
            edgecolor=edge,
            linewidth=line * self.unit,
            zorder=order,
        )
        self._mark(patch, term)
        self.ax.add_patch(patch)

    def text(self, x: float, y: float, text: str, size: float = 0.5, **options) -> None:
        """Write at a place; `size` is in units of length."""
        options = {"ha": "center", "va": "center", "color": INK, "zorder": 5, **options}
        self.ax.text(x, y, text, fontsize=size * self.unit, **options)

    def layer(self, x: float, y: float, gate: str, activation: str) -> None:
        """Draw a layer: its letter, and below it the activation."""
        (w, h), colour = BOX, GATE_COLOURS[gate]
        self._rounded(x - w / 2, y - h / 2, w, h, 0.2, _tint(colour), colour, 0.075, 3, gate)
        self.text(x, y + 0.16, f"${gate}_t$", 0.54)
        self.text(x, y - 0.32, activation, 0.36, color="#555555")

    def function(self, x: float, y: float, text: str, width: float = 1.15) -> None:
        """Draw a function without weights, or a bare matrix product."""
        self._rounded(x - width / 2, y - 0.31, width, 0.62, 0.28, "white", INK, 0.05, 3)
        self.text(x, y, text, 0.38)

    def operation(
        self, x: float, y: float, sign: str, colour: str = INK, term: str | None = None
    ) -> None:
        """Draw an elementwise operation: ``"x"``, ``"+"`` or a text such as ``"1−"``."""
        circle = matplotlib.patches.Circle(
            (x, y),
            RADIUS,
            facecolor="white",
            edgecolor=colour,
            linewidth=0.06 * self.unit,
            zorder=3,
        )
        self._mark(circle, term)
        self.ax.add_patch(circle)
        arms = {"x": ((-1, -1), (-1, 1)), "+": ((-1.35, 0), (0, -1.35))}.get(sign)
        if arms is None:
            self.text(x, y, sign, 0.36)
            return
        for dx, dy in arms:
            a = 0.13
            self.ax.plot(
                [x - a * dx, x + a * dx],
                [y - a * dy, y + a * dy],
                color=INK,
                linewidth=0.065 * self.unit,
                linestyle="-",
                marker="",
                solid_capstyle="round",
                zorder=4,
            )

    def join(self, x: float, start: float, y: float, colour: str) -> None:
        """Let a wire come from below and bend into the one that runs to the right at `y`."""
        self.wire(
            [(x - 0.3, start), (x - 0.3, y), (x, y)], colour, arrow=False, order=1.9, term="x"
        )

    def dot(self, x: float, y: float, colour: str) -> None:
        """Mark where a wire is copied."""
        self.ax.add_patch(matplotlib.patches.Circle((x, y), 0.1, color=colour, zorder=2.5))

    def wire(
        self,
        points: Sequence[tuple[float, float]],
        colour: str,
        *,
        arrow: bool = True,
        thick: bool = False,
        over: tuple[float, float] | None = None,
        order: float = 2,
        term: str | None = None,
    ) -> None:
        """Draw a wire with rounded corners; `over` is a point at which it jumps another.

        `term` is the letter of the equations that it carries; an SVG file has it as an id.
        """
        path = matplotlib.path.Path
        vertices, codes = [points[0]], [path.MOVETO]
        corners = np.asarray(points, float)
        for k in range(1, len(corners)):
            start, end = corners[k - 1], corners[k]
            along = (end - start) / np.linalg.norm(end - start)
            if over is not None and _between(start, end, over):
                self._jump(vertices, codes, np.asarray(over), along)
            if k == len(corners) - 1:
                vertices.append(tuple(end))
                codes.append(path.LINETO)
                break
            turn = (corners[k + 1] - end) / np.linalg.norm(corners[k + 1] - end)
            r = 0.22
            vertices += [tuple(end - r * along), tuple(end), tuple(end + r * turn)]
            codes += [path.LINETO, path.CURVE3, path.CURVE3]
        width = (0.13 if thick else 0.075) * self.unit
        patch = matplotlib.patches.FancyArrowPatch(
            path=path(vertices, codes),
            arrowstyle="-|>" if arrow else "-",
            mutation_scale=0.42 * self.unit,
            color=colour,
            fill=False if not arrow else None,
            linewidth=width,
            capstyle="butt",
            joinstyle="round",
            shrinkA=0,
            shrinkB=0,
            zorder=order,
        )
        self._mark(patch, term)
        self.ax.add_patch(patch)

    @staticmethod
    def _jump(vertices, codes, at, along) -> None:
        path, r = matplotlib.path.Path, 0.2
        normal = np.array([-along[1], along[0]])
        k = 0.5523 * r  # the Bézier handle of a quarter circle
        a, top, b = at - r * along, at + r * normal, at + r * along
        vertices += [
            tuple(a),
            tuple(a + k * normal),
            tuple(top - k * along),
            tuple(top),
            tuple(top + k * along),
            tuple(b + k * normal),
            tuple(b),
        ]
        codes += [path.LINETO] + [path.CURVE4] * 6


def _between(start: np.ndarray, end: np.ndarray, point: tuple[float, float]) -> bool:
    a, b = np.asarray(point) - start, end - np.asarray(point)
    return abs(a[0] * b[1] - a[1] * b[0]) < 1e-9 and float(a @ b) > 0
