"""The comparison of notebooks bites where it should, and only there."""

import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook, new_output

SANITIZE = Path(__file__).resolve().parents[1] / "nbval_sanitize.cfg"


def printed(text):
    return [new_output("stream", name="stdout", text=text)]


def drawn(text):
    return [
        new_output(
            "display_data",
            data={"image/svg+xml": text, "text/plain": "<IPython.core.display.SVG object>"},
        )
    ]


DRAW = 'from IPython.display import SVG, display\ndisplay(SVG("<svg><g/></svg>"))'
IGNORED = {"tags": ["nbval-ignore-output"]}

# What is tried: code, stored output, metadata, and whether the cell passes.
CASES = {
    "the number that is stored": ("print(0.25)", printed("0.25\n"), {}, True),
    "one digit of it changed": ("print(0.25)", printed("0.26\n"), {}, False),
    "a changed value": ("1 + 1", [new_output("execute_result", {"text/plain": "3"})], {}, False),
    "an output that is missing": ("print(0.25)", [], {}, False),
    "another last digit of a number in full": (
        "print(1.6339497386288455)",
        printed("1.6339497386288453\n"),
        {},
        True,
    ),
    "another eighth digit of it": (
        "print(1.6339497386288455)",
        printed("1.6339497486288455\n"),
        {},
        False,
    ),
    "another number for the text": (
        "0.75",
        [new_output("execute_result", {"text/plain": "0.76"})],
        {},
        True,
    ),
    "another address": (
        "print('<f at 0x7f12ab34cd56>')",
        printed("<f at 0x7fff00000000>\n"),
        {},
        True,
    ),
    "another temporary path": ("print('/tmp/ab/w')", printed("/tmp/cd_e/w\n"), {}, True),
    "another figure": (
        DRAW,
        drawn("<?xml version='1.0'?>\n<!DOCTYPE svg\n>\n<svg\n>\n<path/>\n</svg>\n"),
        {},
        True,
    ),
    "an error": ("1 / 0", [], {}, False),
    "other output, ignored": ("print(1)", printed("2\n"), IGNORED, True),
    "a failed assertion, ignored": ("assert 1 > 2", [], IGNORED, False),
}


@pytest.fixture(scope="module")
def passes(tmp_path_factory):
    """Return, for every case, whether its cell passed in a run of pytest on one notebook."""
    folder = tmp_path_factory.mktemp("bites")
    notebook = new_notebook()
    for count, (code, outputs, metadata, _) in enumerate(CASES.values(), 1):
        cell = new_code_cell(code, outputs=outputs, metadata=metadata, execution_count=count)
        notebook.cells.append(cell)
    nbformat.write(notebook, folder / "cases.ipynb")
    command = [sys.executable, "-m", "pytest", "--nbval", f"--nbval-sanitize-with={SANITIZE}"]
    run = subprocess.run(
        [*command, "--junitxml=report.xml", "cases.ipynb"],
        cwd=folder,
        capture_output=True,
        text=True,
    )
    assert (folder / "report.xml").exists(), run.stdout + run.stderr
    results = ElementTree.parse(folder / "report.xml").iter("testcase")
    return dict(zip(CASES, (len(result) == 0 for result in results), strict=True))


@pytest.mark.parametrize("case", CASES)
def test_the_comparison(passes, case):
    assert passes[case] is CASES[case][-1]
