"""`make test`: the quick tests side by side, then the ones with processes of their own, in one run.

One pytest process reports both, so that there is one closing line.
"""

import sys

import pytest

if __name__ == "__main__":
    sys.exit(pytest.main(["-q", *sys.argv[1:]]))
