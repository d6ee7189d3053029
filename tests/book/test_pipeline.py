"""From source to notebook to page: what must hold before a page can be trusted."""

import sys
from pathlib import Path

import nbformat
import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "book"))

import execute  # noqa: E402

PAGES = execute.pages()
STORED = sorted(execute.NOTEBOOKS.rglob("*.ipynb"))


def name(page):
    return str(execute.name_of(page).with_suffix(""))


def test_there_is_a_book():
    assert len({page.parent for page in PAGES if page != execute.LANDING}) == 6


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_page_and_notebook_agree(page):
    """The stored notebook is, byte for byte, the page with its stored outputs."""
    notebook = execute.with_stored_outputs(page)
    assert notebook is not None, "the code changed: run 'make notebooks'"
    stored = execute.notebook_of(page).read_text(encoding="utf-8")
    assert stored == execute.serialised(notebook), "the text changed: run 'make notebooks'"


def test_no_notebook_without_a_page():
    assert sorted(execute.notebook_of(page) for page in PAGES) == STORED


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_every_cell_was_executed_in_order(page):
    """A cell without an execution count would be run, but not compared."""
    notebook = nbformat.read(execute.notebook_of(page), as_version=4)
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert [cell.execution_count for cell in code] == list(range(1, len(code) + 1))


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_no_error_is_stored_by_accident(page):
    notebook = nbformat.read(execute.notebook_of(page), as_version=4)
    for cell in notebook.cells:
        if "raises-exception" not in cell.metadata.get("tags", []):
            kinds = {output.output_type for output in cell.get("outputs", [])}
            assert "error" not in kinds, cell.source


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_every_figure_is_described(page):
    """A cell with a figure names it, has a caption and a text for those who cannot see it."""
    notebook = nbformat.read(execute.notebook_of(page), as_version=4)
    for cell in notebook.cells:
        images = [
            output
            for output in cell.get("outputs", [])
            if any(mime.startswith("image/") for mime in output.get("data", {}))
        ]
        if images:
            settings = cell.metadata.get("mystnb", {})
            assert len(settings.get("image", {}).get("alt", "").split()) >= 8, cell.source
            assert settings.get("figure", {}).get("caption", "").strip(), cell.source
            assert settings["figure"].get("name", "").startswith("fig-"), cell.source
            assert len(images) == 1, "a figure cell has one figure"


def test_the_notebooks_stay_small():
    assert sum(path.stat().st_size for path in STORED) < execute.SIZE_LIMIT


def test_every_page_is_in_the_table_of_contents():
    toc = yaml.safe_load((ROOT / "_toc.yml").read_text())
    files = [toc["root"]]
    for part in toc["parts"]:
        for chapter in part["chapters"]:
            files.append(chapter["file"])
            files += [section["file"] for section in chapter.get("sections", [])]
    on_disk = {str(page.relative_to(ROOT).with_suffix("")) for page in PAGES}
    assert on_disk == {file for file in files if file.startswith("chapters/")} | {toc["root"]}
    assert all((ROOT / f"{file}.md").exists() for file in files)


def test_changed_code_is_noticed(tmp_path, monkeypatch):
    """The comparison with the stored notebook is by code: one character is enough."""
    page = next(page for page in PAGES if execute.code_of(execute.read_page(page)))
    changed = execute.read_page(page)
    next(cell for cell in changed.cells if cell.cell_type == "code").source += " "
    monkeypatch.setattr(execute, "read_page", lambda _: changed)
    assert execute.with_stored_outputs(page) is None


def test_changed_results_are_noticed(monkeypatch):
    """A page that reads a study's results has to be executed again when they are others."""
    page = next(page for page in PAGES if "read" in execute.read_page(page).metadata)
    changed = execute.read_page(page)
    changed.metadata["read"] = dict.fromkeys(changed.metadata["read"], "another")
    monkeypatch.setattr(execute, "read_page", lambda _: changed)
    assert execute.with_stored_outputs(page) is None


@pytest.mark.parametrize(
    ("code", "count"),
    [
        ('load_results("../../results/gates.json")', 1),
        ('load_results(f"../../results/weather_{kind}.json")', 2),
        ('Path("../../results") / name', len(list((ROOT / "book" / "results").glob("*.json")))),
        ('load_results("../../results/none.json")', 0),
    ],
)
def test_what_a_page_reads_is_found(code, count):
    page = next(page for page in PAGES if page != execute.LANDING)
    assert len(execute.files_read(page, [code])) == count
