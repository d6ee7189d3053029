r"""``python -m gatedrnn`` is ``gatedrnn``."""

import sys

from gatedrnn.cli import main

if __name__ == "__main__":
    sys.exit(main())
