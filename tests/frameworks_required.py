"""Tests that need a framework: a gap on a contributor's machine, a failure in CI."""

import importlib
import os

import pytest

from gatedrnn.frameworks import MissingFrameworkError


def require(module):
    """Return a module that needs a framework; without the framework, skip, or fail where CI is set.

    At the top of a test module, it decides for the whole of it.
    """
    try:
        return importlib.import_module(module)
    except MissingFrameworkError as error:
        if os.environ.get("CI"):
            pytest.fail(f"CI must have every framework. {error}", pytrace=False)
        pytest.skip(str(error), allow_module_level=True)
