r"""MXNet on today's NumPy, without a patch to NumPy.

MXNet's last release, 1.9.1 of 2022, reads names that NumPy has removed since, and so
``import mxnet`` fails. `import_mxnet` gives MXNet, and MXNet alone, a stand-in for NumPy that has
those names; everybody else's NumPy stays as it is.
"""

from __future__ import annotations

import importlib
import importlib.util
import platform
import sys
import threading
import types
import warnings
from collections.abc import Callable
from typing import Any

import numpy

from gatedrnn.frameworks.missing import MissingFrameworkError

__all__ = ["import_mxnet"]

#: Where MXNet 1.9.1 has a wheel: (platform.system(), platform.machine()).
WHEELS = {("Linux", "x86_64"), ("Linux", "aarch64"), ("Darwin", "x86_64")}

#: What MXNet's modules import that imports NumPy in its turn.
IMPORTERS_OF_NUMPY = (
    "numpy.random",
    "numpy.testing",
    "scipy.sparse",
    "scipy.stats",
    "onnx",
    "h5py",
)

#: Functions that left NumPy for numpy-financial. MXNet only passes them on.
FINANCE = ("mirr", "npv", "pmt", "ppmt", "pv", "rate")

_lock = threading.Lock()


def import_mxnet() -> types.ModuleType:
    """Import MXNet, or return it if it is imported already.

    While MXNet is imported, ``sys.modules["numpy"]`` is a module that passes everything on to
    NumPy and adds the names that MXNet misses. MXNet's modules keep it; before this function
    returns, ``sys.modules["numpy"]`` is NumPy again.

    Returns
    -------
    module
        ``mxnet``. From here on ``import mxnet`` works too.

    Raises
    ------
    MissingFrameworkError
        If MXNet, or a package that it needs, is not installed.
    """
    with _lock:
        if (loaded := sys.modules.get("mxnet")) is not None:
            return loaded
        if importlib.util.find_spec("mxnet") is None:
            raise MissingFrameworkError(_how_to_install(platform.system(), platform.machine()))
        # What is imported beforehand gets NumPy itself, not the stand-in.
        for name in IMPORTERS_OF_NUMPY:
            if importlib.util.find_spec(name.partition(".")[0]) is not None:
                importlib.import_module(name)
        _forget_half_imported()
        # MXNet only asks whether scikit-learn is there; what that imports would keep the stand-in.
        hidden = "sklearn" not in sys.modules
        if hidden:
            sys.modules["sklearn"] = None
        sys.modules["numpy"] = _numpy_for_mxnet()
        try:
            with warnings.catch_warnings():
                warnings.filterwarnings(
                    "ignore", "distutils Version classes", DeprecationWarning, r"mxnet\."
                )
                mxnet = importlib.import_module("mxnet")
        except ModuleNotFoundError as error:
            # distutils left Python in 3.12; setuptools has it.
            needed = "setuptools" if error.name == "distutils" else error.name
            raise MissingFrameworkError(
                f"MXNet is installed, but not the package {needed} that it needs; "
                f"get it with: pip install {needed}"
            ) from error
        finally:
            sys.modules["numpy"] = numpy
            if hidden:
                del sys.modules["sklearn"]
        _mend_scipy(mxnet)
        return mxnet


def _how_to_install(system: str, machine: str) -> str:
    """Return the message for a platform."""
    if (system, machine) in WHEELS:
        return (
            "MXNet is not installed; get it with: "
            "pip install requests graphviz setuptools && pip install --no-deps mxnet==1.9.1"
        )
    return (
        f"MXNet has no wheel for this platform ({system} {machine}): its last release has them "
        "for Linux and for macOS on Intel processors"
    )


def _forget_half_imported() -> None:
    """Drop the modules that a failed ``import mxnet`` left, for they hold the bare NumPy."""
    for name in [name for name in sys.modules if name.startswith("mxnet.")]:
        del sys.modules[name]


class _StandIn(types.ModuleType):
    """Another module, and names of its own."""

    def __init__(self, module: types.ModuleType, **names: Any) -> None:
        super().__init__(module.__name__, module.__doc__)
        vars(self).update(_module=module, __spec__=module.__spec__, **names)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._module, name)

    def __setattr__(self, name: str, value: Any) -> None:
        # The import system enters a submodule in its parent when it loads it.
        setattr(self._module, name, value)


def _mend_scipy(mxnet: types.ModuleType) -> None:
    """Let MXNet find SciPy's sparse matrices where SciPy has them today.

    MXNet asks for ``scipy.sparse.csr.csr_matrix`` whenever it makes an array: a warning every
    time, and an error from SciPy 2 on.
    """
    for module in (mxnet.ndarray.utils, mxnet.ndarray.sparse):
        if module.spsp is not None:
            module.spsp = _StandIn(module.spsp, csr=module.spsp)


def _numpy_for_mxnet() -> types.ModuleType:
    """Return NumPy with every name that MXNet 1.9.1 reads and NumPy 2 no longer has."""
    return _StandIn(
        numpy,
        # Spellings of constants, and a type's.
        Inf=numpy.inf,
        PINF=numpy.inf,
        NINF=-numpy.inf,
        NAN=numpy.nan,
        NaN=numpy.nan,
        PZERO=0.0,
        NZERO=-0.0,
        int=int,
        # Functions that live on under another name.
        alltrue=numpy.all,
        sometrue=numpy.any,
        product=numpy.prod,
        round_=numpy.round,
        trapz=numpy.trapezoid,
        in1d=_in1d,
        msort=_msort,
        # Python 2 and 3 under one roof.
        compat=types.SimpleNamespace(basestring=str, long=int),
        **{name: _moved_to_numpy_financial(name) for name in FINANCE},
    )


def _in1d(ar1, ar2, assume_unique=False, invert=False):
    """``numpy.in1d`` as it was: `numpy.isin` on a flat array."""
    return numpy.isin(numpy.ravel(ar1), ar2, assume_unique=assume_unique, invert=invert)


def _msort(a):
    """``numpy.msort`` as it was: sort along the first axis."""
    return numpy.sort(a, axis=0)


def _moved_to_numpy_financial(name: str) -> Callable:
    def moved(*args, **kwargs):
        raise NotImplementedError(f"{name} left NumPy for the package numpy-financial")

    return moved
