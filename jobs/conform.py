"""Stage `conform` for spark-submit: the arguments of `percorsi conform`."""

import sys

from percorsi.cli import main

main(["conform", *sys.argv[1:]])
