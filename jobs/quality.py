"""Stage `quality` for spark-submit: the arguments of `percorsi quality`."""

import sys

from percorsi.cli import main

main(["quality", *sys.argv[1:]])
