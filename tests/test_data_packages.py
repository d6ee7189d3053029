"""Files of installed packages: found without an import, checked, and missed with advice."""

import hashlib
import subprocess
import sys

import pytest

from gatedrnn.data import DataFileError, MissingPackageError, PackageFile
from gatedrnn.data.text import KING_JAMES
from gatedrnn.data.weather import SEATTLE


@pytest.fixture
def package(tmp_path, monkeypatch):
    """A package that cannot be imported, with a data file."""
    folder = tmp_path / "crumbly"
    folder.mkdir()
    (folder / "__init__.py").write_text("raise RuntimeError('imported')")
    (folder / "data.txt").write_bytes(b"some data")
    monkeypatch.syspath_prepend(tmp_path)
    return folder


def crumbly(path="data.txt", content=b"some data"):
    return PackageFile("crumbly", path, "crumbly==1.0", hashlib.sha256(content).hexdigest())


def test_a_file_is_read_without_importing_its_package(package):
    assert crumbly().read() == b"some data"
    assert "crumbly" not in sys.modules


def test_a_missing_package_is_named_with_the_command(package):
    file = PackageFile("no_such_package", "data.txt", "no-such==2.1", "0" * 64)
    with pytest.raises(MissingPackageError, match=r"no_such_package.*pip install no-such==2\.1"):
        file.read()


def test_a_missing_package_is_an_import_error():
    assert issubclass(MissingPackageError, ImportError)


def test_a_missing_file_and_another_content_are_refused(package):
    with pytest.raises(DataFileError, match=r"expected the file other\.txt.*crumbly==1\.0"):
        crumbly("other.txt").read()
    with pytest.raises(DataFileError, match=r"expected data\.txt with sha256.*\(9 bytes\)"):
        crumbly(content=b"other data").read()


@pytest.mark.parametrize("file", [KING_JAMES, SEATTLE], ids=lambda file: file.package)
def test_real_data_hide_behind_the_same_errors(file, monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(MissingPackageError, match=f"pip install {file.requirement}"):
        file.read()


def test_loading_needs_neither_the_packages_nor_the_network():
    """In a process of its own: sockets are forbidden, and nothing but NumPy is imported."""
    code = """
import socket, sys
def refuse(*args, **kwargs): raise OSError("no network here")
socket.socket.connect = socket.create_connection = socket.getaddrinfo = refuse
from gatedrnn.data import king_james_version, seattle_weather
assert len(king_james_version(["Ruth"])) > 10_000 and len(seattle_weather()) == 1461
loaded = {"bible", "vega_datasets", "pandas", "matplotlib", "scipy", "torch"} & set(sys.modules)
assert not loaded, loaded
"""
    subprocess.run([sys.executable, "-c", code], check=True)
