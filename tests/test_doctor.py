"""What `gatedrnn doctor` finds, with packages that are there, missing and broken."""

import importlib.metadata
import importlib.util
import sys

import numpy as np

from gatedrnn import doctor


def report():
    return "\n".join(doctor.findings())


def test_it_names_versions_threads_and_packages():
    shown = report()
    assert np.__version__ in shown
    assert sys.version.split()[0] in shown
    assert "threads:" in shown
    for packages in doctor.PACKAGES.values():
        for name, *_ in packages:
            assert f"  {name}" in shown


def test_what_is_missing_comes_with_the_command(monkeypatch):
    find = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name: None if name in ("torch", "mxnet") else find(name)
    )
    shown = report()
    assert "pip install 'gatedrnn[pytorch]'" in shown
    assert "pip install --no-deps mxnet==1.9.1" in shown


def test_what_is_broken_does_no_harm(monkeypatch):
    def broken(name):
        raise ImportError(name)

    def unknown(name):
        raise importlib.metadata.PackageNotFoundError(name)

    monkeypatch.setattr(importlib.util, "find_spec", broken)
    assert "missing" in report()
    monkeypatch.undo()
    monkeypatch.setattr(importlib.metadata, "version", unknown)
    shown = report()
    assert "not installed, only on the path" in shown
    assert "installed, version unknown" in shown
    monkeypatch.undo()
    monkeypatch.setitem(sys.modules, "threadpoolctl", None)
    assert "threads unknown" in report()


def test_the_environment_is_shown(monkeypatch):
    monkeypatch.setenv("OMP_NUM_THREADS", "7")
    assert "OMP_NUM_THREADS=7" in report()
