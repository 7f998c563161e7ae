"""`python -m mnist_repro` is `mnist-repro`."""

import sys

from mnist_repro.cli.main import main

if __name__ == "__main__":
    sys.exit(main())
