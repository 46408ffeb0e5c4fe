"""Stage `release` for spark-submit: the arguments of `percorsi release`."""

import sys

from percorsi.cli import main

main(["release", *sys.argv[1:]])
