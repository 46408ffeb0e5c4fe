"""python -m tests.oracle DELIVERY_DIR YEAR OUT.csv [SET ...]: the indicators of a delivery, cell by cell.

SET is S, BP, D or DGP; without one, all four.
"""

import csv
import sys
from pathlib import Path

COLUMNS = ["code", "component", "level", "area", "sex", "age_class", "numerator", "denominator", "reason"]


def main(arguments):
    if len(arguments) < 3 or set(arguments[3:]) - {"S", "BP", "D", "DGP"}:
        print(__doc__, file=sys.stderr)
        return 2
    # The package is found by this path as well as by its name, so that either call of the docstring runs.
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
    from oracle.delivery import Delivery
    from oracle.indicators import compute
    from oracle.persons import Year

    folder, year, out, *sets = arguments
    with open(out, "w", newline="", encoding="utf-8") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(COLUMNS)
        writer.writerows(compute(Delivery(folder), Year(int(year)), sets or ("S", "BP", "D", "DGP")))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
