"""Stage `run` for spark-submit: the arguments of `percorsi run`."""

import sys

from percorsi.cli import main

main(["run", *sys.argv[1:]])
