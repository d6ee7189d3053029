"""A table of all pages that compute: which frameworks each needs, and what a run costs.

``{notebook-table}`` reads both from the sources: imports from the cells, seconds of the processor
from the file that book/execute.py writes. Cells in tabs can be left out, so frameworks in them are
told apart.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import nbformat
from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "book"))

from exercise_table import cell, in_order, link  # noqa: E402

from execute import TIMES, code_of, name_of, pages, read_page  # noqa: E402
from standalone import imported, needs  # noqa: E402

FRAMEWORKS = {
    "torch": "PyTorch",
    "mxnet": "MXNet",
    "jax": "JAX",
    "flax": "Flax",
    "keras": "Keras",
    "tensorflow": "TensorFlow",
    "onnx": "ONNX",
}
HEADER = ("Page", "Frameworks outside of tabs", "In tabs", "Seconds")
WIDTHS = (46, 24, 20, 10)


class NotebookPlace(nodes.General, nodes.Element):
    """Stands where the table will be, until all pages have been read."""


class NotebookTable(SphinxDirective):
    """The directive."""

    def run(self) -> list[nodes.Node]:
        self.env.note_dependency(str(TIMES))
        return [NotebookPlace()]


def frameworks(notebook: nbformat.NotebookNode) -> tuple[list[str], list[str]]:
    """Return the frameworks that a page's code needs in any case, and those of its tabs alone."""
    code = [one for one in notebook.cells if one.cell_type == "code"]
    plain = [
        one.source
        for one in code
        if not any(tag.startswith("tab-") for tag in one.metadata.get("tags", ()))
    ]
    always, all_of_them = (named(sources) for sources in (plain, [one.source for one in code]))
    return always, [name for name in all_of_them if name not in always]


def named(sources: list[str]) -> list[str]:
    modules, alone = needs(sources)
    wanted = {*modules, *(what.partition("==")[0] for what in alone)}
    if any("mxnet" in name for name in imported(sources)):  # imported by way of the library, too
        wanted.add("mxnet")
    return [name for module, name in FRAMEWORKS.items() if module in wanted]


def fill(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    """Put the table into a page."""
    places = list(doctree.findall(NotebookPlace))
    if not places:
        return
    sources = {page.relative_to(ROOT).with_suffix("").as_posix(): page for page in pages()}
    times = json.loads(TIMES.read_text(encoding="utf-8"))
    rows = []
    for name in dict.fromkeys(in_order(app.env)):
        notebook = read_page(sources[name]) if name in sources else None
        if notebook is None or not code_of(notebook):
            continue
        title = [child.deepcopy() for child in app.env.titles[name].children]
        measured = times.get(name_of(sources[name]).with_suffix("").as_posix(), {})
        values = [", ".join(names) or "none" for names in frameworks(notebook)]
        values.append(str(measured.get("seconds", "not measured")))
        cells = [cell(nodes.Text(value)) for value in values]
        rows.append(nodes.row("", cell(link(app, docname, name, "", title)), *cells))
    group = nodes.tgroup("", *(nodes.colspec(colwidth=width) for width in WIDTHS), cols=len(HEADER))
    group += nodes.thead("", nodes.row("", *(cell(nodes.Text(title)) for title in HEADER)))
    group += nodes.tbody("", *rows)
    machines = ", ".join(sorted({of["machine"] for of in times.values()}))
    words = f"Seconds are those of one processor, for all cells of a page, on {machines}."
    for place in places:
        place.replace_self([nodes.table("", group.deepcopy()), nodes.paragraph("", words)])


def setup(app: Sphinx) -> dict:
    app.add_node(NotebookPlace)
    app.add_directive("notebook-table", NotebookTable)
    app.connect("doctree-resolved", fill)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
