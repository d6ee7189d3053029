"""Settings for all tests."""

import os

# One thread per worker: two workers share two cores, and sums are formed in one order.
os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("TQDM_DISABLE", "1")
