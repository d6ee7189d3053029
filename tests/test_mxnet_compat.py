"""MXNet beside NumPy 2: what MXNet gets, and that nobody else notices.

What an import does can be seen only once in a process, so these tests start processes.
"""

import os
import subprocess
import sys
import textwrap

import numpy as np
import pytest
from frameworks_required import require

from gatedrnn.frameworks import MissingFrameworkError, import_mxnet, mxnet_compat


def run(code, *, path=None, warnings="default"):
    """Run code in a fresh interpreter; return what it printed."""
    environment = dict(os.environ)
    if path is not None:
        paths = [str(path), *filter(None, [environment.get("PYTHONPATH")])]
        environment["PYTHONPATH"] = os.pathsep.join(paths)
    done = subprocess.run(
        [sys.executable, "-W", warnings, "-c", textwrap.dedent(code)],
        env=environment,
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


@pytest.fixture
def fake_mxnet(tmp_path):
    """Return a function that puts a package mxnet with the given code before the real one."""

    def write(code):
        (tmp_path / "mxnet").mkdir()
        (tmp_path / "mxnet" / "__init__.py").write_text(textwrap.dedent(code))
        return tmp_path

    return write


@pytest.fixture
def mxnet_installed():
    require("gatedrnn.frameworks.mxnet")


@pytest.mark.usefixtures("mxnet_installed")
class TestWithMXNet:
    def test_trains_without_a_warning_and_numpy_stays_as_it_is(self):
        run(
            """
            import sys
            import numpy
            import numpy.fft, numpy.linalg, numpy.random

            from gatedrnn.frameworks import import_mxnet

            submodules = {name: m for name, m in sys.modules.items() if name.startswith("numpy.")}
            public = dir(numpy)
            mx = import_mxnet()
            assert sys.modules["numpy"] is numpy
            assert not any(hasattr(numpy, name) for name in ("NAN", "Inf", "product", "compat"))
            assert dir(numpy) == public
            for name, module in submodules.items():
                assert sys.modules[name] is module
            assert numpy.random is sys.modules["numpy.random"]

            layer = mx.gluon.rnn.LSTM(4, input_size=3)
            layer.initialize()
            xs = mx.nd.array(numpy.ones((5, 2, 3)))
            with mx.autograd.record():
                loss = layer(xs).sum()
            loss.backward()
            assert numpy.abs(layer.l0_i2h_weight.grad().asnumpy()).max() > 0
        """,
            warnings="error",
        )

    def test_only_mxnet_keeps_the_stand_in(self):
        holders = run("""
            import sys
            from gatedrnn.frameworks import import_mxnet
            stand_in = import_mxnet().numpy.utils.onp
            assert stand_in is not sys.modules["numpy"]
            for name, module in list(sys.modules.items()):
                if any(value is stand_in for value in vars(module).values()):
                    print(name)
        """).split()
        assert "mxnet.numpy.utils" in holders
        script = {"__main__", "__mp_main__"}  # the lines above
        assert {name for name in holders if not name.startswith("mxnet.")} == script

    def test_again_and_from_many_threads_it_is_the_same_module(self):
        run("""
            import sys
            from concurrent.futures import ThreadPoolExecutor
            import numpy
            from gatedrnn.frameworks import import_mxnet
            with ThreadPoolExecutor(8) as pool:
                found = list(pool.map(lambda _: import_mxnet(), range(8)))
            import mxnet
            assert all(module is mxnet for module in found)
            assert import_mxnet() is mxnet
            assert sys.modules["numpy"] is numpy
        """)

    def test_works_after_an_import_that_failed(self):
        run("""
            import sys
            try:
                import mxnet
            except Exception:
                assert any(name.startswith("mxnet.") for name in sys.modules)
            else:
                raise AssertionError("MXNet imports by itself: is import_mxnet still needed?")
            from gatedrnn.frameworks import import_mxnet
            mx = import_mxnet()
            assert mx.nd.ones(3).sum().asscalar() == 3
            numpy = sys.modules["numpy"]
            modules = [m for name, m in sys.modules.items() if name.startswith("mxnet.")]
            assert not any(value is numpy for module in modules for value in vars(module).values())
        """)

    def test_scipy_sparse_matrices_still_reach_mxnet(self):
        pytest.importorskip("scipy")
        run("""
            import numpy
            import scipy.sparse
            from gatedrnn.frameworks import import_mxnet
            mx = import_mxnet()
            matrix = scipy.sparse.csr_matrix(numpy.eye(3))
            array = mx.nd.sparse.array(matrix)
            assert array.stype == "csr"
            assert (array.asnumpy() == numpy.eye(3)).all()
        """)


def test_an_import_that_fails_puts_numpy_back(fake_mxnet):
    path = fake_mxnet("""
        import numpy
        assert numpy.NAN != numpy.NAN and numpy.compat.basestring is str
        raise RuntimeError("broken on purpose")
    """)
    printed = run(
        """
        import sys
        import numpy
        from gatedrnn.frameworks import import_mxnet
        try:
            import_mxnet()
        except RuntimeError as error:
            print(error)
        assert sys.modules["numpy"] is numpy
        assert not hasattr(numpy, "NAN")
        assert "mxnet" not in sys.modules
        """,
        path=path,
    )
    assert printed == "broken on purpose"


def test_a_submodule_loaded_meanwhile_is_numpys(fake_mxnet):
    path = fake_mxnet("""
        import numpy.polynomial
        import types
        ndarray = types.SimpleNamespace(
            utils=types.SimpleNamespace(spsp=None), sparse=types.SimpleNamespace(spsp=None)
        )
    """)
    run(
        """
        import sys
        import numpy
        from gatedrnn.frameworks import import_mxnet, mxnet_compat
        mxnet_compat.IMPORTERS_OF_NUMPY = ()  # or SciPy would load it beforehand
        assert "numpy.polynomial" not in sys.modules
        import_mxnet()
        assert vars(numpy)["polynomial"] is sys.modules["numpy.polynomial"]
        """,
        path=path,
    )


@pytest.mark.parametrize(
    ("missing", "package"),
    [("requests_of_old", "requests_of_old"), ("distutils.of_old", "setuptools")],
)
def test_what_mxnet_lacks_is_named(fake_mxnet, missing, package):
    name = missing.partition(".")[0]
    path = fake_mxnet(f"raise ModuleNotFoundError('No module', name={name!r})")
    printed = run(
        """
        from gatedrnn.frameworks import MissingFrameworkError, import_mxnet
        try:
            import_mxnet()
        except MissingFrameworkError as error:
            print(error)
        """,
        path=path,
    )
    assert printed == (
        f"MXNet is installed, but not the package {package} that it needs; "
        f"get it with: pip install {package}"
    )


@pytest.mark.parametrize(
    ("system", "machine", "message"),
    [
        ("Linux", "x86_64", r"MXNet is not installed; get it with: pip install .*mxnet==1\.9\.1"),
        ("Darwin", "arm64", r"MXNet has no wheel for this platform \(Darwin arm64\)"),
        ("Windows", "AMD64", r"MXNet has no wheel for this platform \(Windows AMD64\)"),
    ],
)
def test_without_mxnet_one_line_says_what_to_do(monkeypatch, system, machine, message):
    monkeypatch.setitem(sys.modules, "mxnet", None)
    monkeypatch.setattr(mxnet_compat.platform, "system", lambda: system)
    monkeypatch.setattr(mxnet_compat.platform, "machine", lambda: machine)
    with pytest.raises(MissingFrameworkError, match=message) as raised:
        import_mxnet()
    assert "\n" not in str(raised.value)
    # What IPython shows below a cell in place of a traceback.
    assert raised.value._render_traceback_() == [f"MissingFrameworkError: {raised.value}"]


def test_without_pytorch_one_line_says_what_to_do(monkeypatch):
    monkeypatch.setitem(sys.modules, "torch", None)
    monkeypatch.delitem(sys.modules, "gatedrnn.frameworks.pytorch", raising=False)
    with pytest.raises(MissingFrameworkError, match="PyTorch is not installed; get it with: pip"):
        import gatedrnn.frameworks.pytorch  # noqa: F401


@pytest.mark.parametrize("ci", [False, True])
def test_in_ci_a_missing_framework_is_a_failure(monkeypatch, ci):
    monkeypatch.setitem(sys.modules, "mxnet", None)
    monkeypatch.delitem(sys.modules, "gatedrnn.frameworks.mxnet", raising=False)
    monkeypatch.delenv("CI", raising=False)
    if ci:
        monkeypatch.setenv("CI", "true")
    outcome = pytest.fail.Exception if ci else pytest.skip.Exception
    with pytest.raises(outcome, match="MXNet"):
        require("gatedrnn.frameworks.mxnet")


def test_replacements_are_what_numpy_had():
    stand_in = mxnet_compat._numpy_for_mxnet()
    a = np.array([[3, 1], [2, 2]])
    assert stand_in.in1d(a, [2]).tolist() == [False, False, True, True]
    assert stand_in.msort(a).tolist() == [[2, 1], [3, 2]]
    assert stand_in.product(a) == 12
    assert stand_in.trapz([0, 1, 0]) == 1
    assert np.signbit(stand_in.NZERO)
    assert not np.signbit(stand_in.PZERO)
    assert stand_in.ndarray is np.ndarray
    with pytest.raises(NotImplementedError, match="npv left NumPy for the package numpy-financial"):
        stand_in.npv(0.1, [1, 2])
    with pytest.raises(AttributeError):
        stand_in.no_such_name  # noqa: B018
