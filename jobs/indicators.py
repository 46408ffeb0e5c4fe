"""Stage `indicators` for spark-submit: the arguments of `percorsi indicators`."""

import sys

from percorsi.cli import main

main(["indicators", *sys.argv[1:]])
