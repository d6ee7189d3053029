"""Show consecutive cells tagged tab-numpy, tab-mxnet, tab-pytorch as one set of tabs.

Code cells cannot stand inside a ``tab-set`` directive, for they are not part of the text. So the
cells, outputs included, are moved into tabs after the page has been read. The tabs of a page are
synchronised, and the reader's choice is kept.
"""

from __future__ import annotations

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.transforms import SphinxTransform
from sphinx_design.shared import create_component

TITLES = {"tab-numpy": "NumPy", "tab-mxnet": "MXNet", "tab-pytorch": "PyTorch"}


def tab_of(node: nodes.Node) -> str | None:
    """Return the tab that a cell belongs in, or None for anything else."""
    if not isinstance(node, nodes.container) or node.get("nb_element") != "cell_code":
        return None
    return next((tag for tag in TITLES if f"tag_{tag}" in node["classes"]), None)


class FrameworkTabs(SphinxTransform):
    """Move runs of tagged cells into tab sets."""

    default_priority = 500

    def apply(self, **kwargs) -> None:
        cells = [node for node in self.document.findall(nodes.container) if tab_of(node)]
        done: set[int] = set()
        for cell in cells:
            if id(cell) in done:
                continue
            parent = cell.parent
            start = parent.index(cell)
            tabs: dict[str, list[nodes.Node]] = {}
            last = None
            for sibling in parent.children[start:]:
                tab = tab_of(sibling)
                if tab is None or (tab in tabs and tab != last):
                    break
                tabs.setdefault(tab, []).append(sibling)
                done.add(id(sibling))
                last = tab
            count = sum(map(len, tabs.values()))
            del parent.children[start : start + count]
            parent.insert(start, self.tab_set(tabs))

    def tab_set(self, tabs: dict[str, list[nodes.Node]]) -> nodes.Node:
        tab_set = create_component("tab-set", classes=["sd-tab-set"])
        for tab, content in tabs.items():
            label = nodes.rubric("", nodes.Text(TITLES[tab]), classes=["sd-tab-label"])
            label["sync_id"], label["sync_group"] = tab, "framework"
            item = create_component("tab-item", classes=["sd-tab-item"])
            item += label
            item += create_component("tab-content", classes=["sd-tab-content"], children=content)
            tab_set += item
        return tab_set


def setup(app: Sphinx) -> dict:
    app.add_transform(FrameworkTabs)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
