"""Notebooks that run by themselves: in Colab, or anywhere with Python and PyPI.

A first cell unpacks the library and the files that the page reads, and installs what is missing,
with the NumPy that is there left alone. The text is turned from MyST into plain Markdown, with the
numbers that the cells have put into it.
"""

from __future__ import annotations

import ast
import io
import re
import sys
import tarfile
from functools import cache
from pathlib import Path

import nbformat

from execute import ROOT, code_of, files_read, name_of, notebook_of, pages
from gatedrnn import data
from gatedrnn.data.catalogue import catalogue
from plain_markdown import Pages, figure_of, to_plain
from setup_cell import setup_cell

CODE = ROOT / "code" / "gatedrnn"

#: Where PyTorch and JAX, and MXNet, have wheels.
NO_INTEL_MAC = "; sys_platform != 'darwin' or platform_machine == 'arm64'"
MXNET_WHEELS = (
    "; sys_platform == 'linux' or sys_platform == 'darwin' and platform_machine != 'arm64'"
)
#: What is given to pip for a module, where that is not its own name.
PACKAGES = {
    "IPython": "ipython",
    "flax": "flax" + NO_INTEL_MAC,
    "jax": "jax" + NO_INTEL_MAC,
    "sklearn": "scikit-learn",
    "matplotlib_inline": "matplotlib-inline",
    "torch": "torch" + NO_INTEL_MAC,
}
#: What parts of the library import when they are used.
PARTS = {
    "gatedrnn.plotting": ("matplotlib", "IPython"),
    "gatedrnn.diagrams": ("matplotlib", "IPython"),
    "gatedrnn.study": ("scipy", "pandas", "joblib", "filelock", "tqdm", "safetensors"),
    "gatedrnn.train": ("tqdm", "safetensors"),
    "gatedrnn.comparison": ("scipy", "pandas", "pyarrow", "tqdm", "matplotlib", "jinja2"),
    "gatedrnn.bench": ("tqdm", "threadpoolctl"),
    "gatedrnn.frameworks.pytorch": ("torch",),
    "gatedrnn.frameworks.jax": ("jax",),
    "gatedrnn.frameworks.keras": ("keras", "jax"),
    "gatedrnn.frameworks.flax": ("flax", "jax"),
    "gatedrnn.frameworks.onnx": ("onnx", "onnxruntime"),
}
#: MXNet asks for an old NumPy and runs beside a new one. It needs distutils, of setuptools.
MXNET = "mxnet==1.9.1" + MXNET_WHEELS
BESIDE_MXNET = ("requests", "graphviz", "setuptools")


def archive(page: Path, sources: list[str]) -> bytes:
    """Return the library, and what else the page's code reads, in a compressed archive."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:xz", preset=9) as target:
        for file in sorted([*library_files(sources), *files_read(page, sources)]):
            content = file.read_bytes()
            info = tarfile.TarInfo(file.relative_to(ROOT).as_posix())  # of no time and no owner
            info.size = len(content)
            target.addfile(info, io.BytesIO(content))
    return buffer.getvalue()


def library_files(sources: list[str]) -> list[Path]:
    """Return the files of the library; the chorales, half of its weight, only where they sound."""
    files = [file for file in CODE.rglob("*") if file.is_file() and file.suffix != ".pyc"]
    heard = any("chorale" in source for source in sources)
    return [file for file in files if heard or file.name != "chorales.npz"]


def imported(sources: list[str]) -> set[str]:
    """Return the names of all modules that code imports."""
    names = set()
    for source in sources:
        for node in ast.walk(ast.parse(source)):
            if isinstance(node, ast.Import):
                names.update(alias.name for alias in node.names)
            elif isinstance(node, ast.ImportFrom) and node.module:
                names.add(node.module)
                names.update(f"{node.module}.{alias.name}" for alias in node.names)
    return names


@cache
def read_by() -> dict[str, str]:
    """Return which package each name of `gatedrnn.data` reads, and each package named as it is."""
    found = {one.requirement.partition("==")[0]: one.requirement for one in catalogue()}
    for name in data.__all__:
        module = sys.modules.get(getattr(getattr(data, name), "__module__", None))
        sources = getattr(module, "SOURCE", ())
        for one in sources if isinstance(sources, tuple) else (sources,):
            found[name] = one.requirement
    return {name: requirement for name, requirement in found.items() if requirement}


def needs(sources: list[str]) -> tuple[dict[str, str], list[str]]:
    """Return what code needs: modules with their packages, and packages to install alone."""
    names = imported(sources)
    modules = {name.partition(".")[0] for name in names}
    for name in names:
        for part, wanted in PARTS.items():
            if name == part or name.startswith(f"{part}."):
                modules.update(wanted)
    alone = {
        requirement
        for name, requirement in read_by().items()
        if any(re.search(rf"\b{name}\b", source) for source in sources)
    }
    if any("mxnet" in name for name in names):  # import_mxnet, too
        modules.update(BESIDE_MXNET)
        alone.add(MXNET)
    known = set(sys.stdlib_module_names) | {"gatedrnn", "mxnet", "myst_nb"}
    return {name: PACKAGES.get(name, name) for name in sorted(modules - known)}, sorted(alone)


def first_cell(page: Path, sources: list[str]) -> str:
    """Return the code of the cell that a page's notebook begins with."""
    place = notebook_of(page).parent.relative_to(ROOT).as_posix()
    return setup_cell(*needs(sources), place, archive(page, sources))


def stored_pages(citations: dict[str, str]) -> Pages:
    """Return what the pages say of themselves, with the numbers of their stored notebooks."""
    found = Pages(citations=citations)
    for page in pages():
        notebook = nbformat.read(notebook_of(page), as_version=4)
        found.add(name_of(page).with_suffix("").as_posix(), notebook)
    return found


def standalone(page: Path, known: Pages, ending: str) -> nbformat.NotebookNode:
    """Return a page as a notebook that runs by itself, with its stored outputs.

    Parameters
    ----------
    page : Path
    known : Pages
        What its text may refer to.
    ending : str
        What stands below the page, in Markdown: whose it is, and under which licence.
    """
    notebook = nbformat.read(notebook_of(page), as_version=4)
    sources = code_of(notebook)
    name = name_of(page).with_suffix("").as_posix()
    cells = []
    for cell in notebook.cells:
        figure = figure_of(cell)
        if cell.cell_type == "markdown":
            cell.source = to_plain(cell.source, name, known)
        # Without MXNet, which not every machine can have, the rest of the page runs all the same.
        optional = "tab-mxnet" in cell.metadata.get("tags", ())
        cell.metadata = nbformat.from_dict({"tags": ["raises-exception"]} if optional else {})
        cell.pop("attachments", None)
        cells.append(cell)
        if figure:
            number = known.numbered(figure["name"], name, "Fig. {}")
            caption = f"*{number}.* {to_plain(figure['caption'], name, known)}"
            cells.append(nbformat.v4.new_markdown_cell(caption, id=f"caption-{cell.id}"))
    cells = [cell for cell in cells if cell.source.strip()]
    notebook.metadata.pop("read", None)
    if sources:
        cell = nbformat.v4.new_code_cell(
            first_cell(page, sources),
            id="runs-by-itself",
            metadata={"cellView": "form", "jupyter": {"source_hidden": True}},  # Colab, JupyterLab
        )
        cells.insert(1, cell)
    notebook.cells = [*cells, nbformat.v4.new_markdown_cell(f"---\n\n{ending}", id="ending")]
    return notebook
