"""Stage `features` for spark-submit: the arguments of `percorsi features`."""

import sys

from percorsi.cli import main

main(["features", *sys.argv[1:]])
