"""Tests that need a framework: a gap on a contributor's machine, a failure in CI."""

import os

import pytest

from gatedrnn.frameworks import MissingFrameworkError


def require(import_framework):
    """Return what the function imports; without the framework, skip, or fail where CI is set.

    At the top of a test module, it decides for the whole of it.
    """
    try:
        return import_framework()
    except MissingFrameworkError as error:
        if os.environ.get("CI"):
            pytest.fail(f"CI must have every framework. {error}", pytrace=False)
        pytest.skip(str(error), allow_module_level=True)
