"""One thread for numpy's and scikit-learn's sums, here and in what tests start.

Import it before numpy. `make test` has a process for each core already: with more threads a
photograph's tensor takes ten times the processor's time, most of it spent waiting for each other.
"""

import os

for _name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS"):
    os.environ.setdefault(_name, "1")
