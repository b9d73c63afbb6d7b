"""`make test`: the whole suite, two files side by side where there are two processors."""

import os
import sys

import pytest

if __name__ == "__main__":
    side_by_side = ["-n", "2", "--dist", "loadfile"] if (os.cpu_count() or 1) > 1 else []
    sys.exit(pytest.main(["-q", *side_by_side, *sys.argv[1:]]))
