"""Settings for all tests, notebooks included: they run as the stored notebooks were run."""

import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent / "book"))

from execute import ENVIRONMENT

os.environ.update(ENVIRONMENT)
