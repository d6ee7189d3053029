"""The list of the data sets, and the command that prints it."""

import importlib
import pkgutil
import re
from pathlib import Path

import pytest

import gatedrnn.data
from gatedrnn.cli import main
from gatedrnn.data import catalogue
from gatedrnn.data.packages import DataSource, PackageFile

ROOT = Path(__file__).resolve().parents[1]
PINS = {
    line.split(";")[0].split("#")[0].strip().replace("-", "_").lower()
    for name in ("requirements.txt", "requirements-no-deps.txt")
    for line in (ROOT / name).read_text("utf-8").splitlines()
}
MODULES = [
    module.name
    for module in pkgutil.iter_modules(gatedrnn.data.__path__)
    if not module.name.endswith("_source")  # makes what another module reads
]


def test_every_entry_says_everything():
    sources = catalogue.catalogue()
    assert len({one.name for one in sources}) == len(sources) >= 3
    for one in sources:
        assert isinstance(one, DataSource)
        facts = (one.name, one.case, one.size, one.licence, one.source)
        assert all(text == text.strip() != "" for text in facts), one
        assert re.search(r"\d", one.size), one


@pytest.mark.parametrize("one", catalogue.catalogue(), ids=lambda one: one.name)
def test_what_is_read_is_pinned_and_installed(one):
    assert not one.requirement or one.requirement.replace("-", "_").lower() in PINS
    assert catalogue.is_installed(one.requirement)


@pytest.mark.parametrize("name", MODULES)
def test_no_module_reads_a_package_without_saying_so(name):
    module = importlib.import_module(f"gatedrnn.data.{name}")
    files = [one for one in vars(module).values() if isinstance(one, PackageFile)]
    if files:
        assert hasattr(module, "SOURCE")


def test_the_command_lists_all_of_them(capsys):
    assert main(["data"]) == 0
    shown = capsys.readouterr().out
    for one in catalogue.catalogue():
        assert f"{one.name}: {one.size}\n" in shown
    assert "missing" not in shown
    assert max(map(len, shown.splitlines())) <= 110


def test_what_is_missing_comes_with_the_command(monkeypatch, capsys):
    monkeypatch.setattr(
        "gatedrnn.data.command.is_installed", lambda requirement: not requirement.startswith("vega")
    )
    assert main(["data"]) == 0
    assert "missing; get it with: pip install vega_datasets==0.9.0" in capsys.readouterr().out
    assert main(["data", "--missing"]) == 0
    assert capsys.readouterr().out == "vega_datasets==0.9.0\n"


def test_another_version_does_not_count():
    assert catalogue.is_installed("vega_datasets==0.9.0")
    assert not catalogue.is_installed("vega_datasets==0.8.0")
    assert not catalogue.is_installed("no-such-package==1.0")
