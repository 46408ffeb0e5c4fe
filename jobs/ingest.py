"""Stage `ingest` for spark-submit: the arguments of `percorsi ingest`."""

import sys

from percorsi.cli import main

main(["ingest", *sys.argv[1:]])
