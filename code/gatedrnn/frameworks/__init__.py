"""The same layers in other frameworks, with weights and gradients copied to and fro.

`gatedrnn.frameworks.mxnet`, `pytorch`, `jax`, `flax`, `keras` and `onnx` each import their
framework, this package does not.
"""

from gatedrnn.frameworks.missing import MissingFrameworkError
from gatedrnn.frameworks.mxnet_compat import import_mxnet

__all__ = ["MissingFrameworkError", "import_mxnet"]
