"""`python -m mnist_repro` is `mnist-repro`."""

import sys

from mnist_repro.cli import main

sys.exit(main())
