"""python tests/oracle/compare.py VALUES.csv ORACLE.csv: the cells in which the two differ; exit code 1 if any.

VALUES.csv is the outcome of `percorsi values`, ORACLE.csv that of `python -m tests.oracle`. Compared are numerator,
denominator and reason of the codes the oracle has: counts exactly, the sum of a mean, the treated per 10,000 of a gap
and the deaths expected of a ratio to nine digits, where less than one is expected as well. A cell of nobody counts as
the same whether it is missing or says denominator_zero.
"""

import csv
import math
import sys
from collections import Counter

KEY = ("code", "component", "level", "area", "sex", "age_class")
NOBODY = (None, None, "denominator_zero")
MEANS = ("S2", "S5", "S6", "BP2", "BP6", "BP7", "D2", "D5", "DGP3")  # their numerator is a sum of quotients
GAPS = ("S24", "BP21")  # their numerator is treated per 10,000
BELOW_ONE = "expected_below_one"  # the reason with which a ratio's deaths are given all the same
RATIOS = ("S44", "BP36", "D22", "DGP25")  # their denominator is the deaths expected
SHOWN = 40


def number(text):
    """A number, None for nothing."""
    return float(text) if text not in ("", None) else None


def cells(path):
    """{key: (numerator, denominator, reason)} of a file."""
    found = {}
    with open(path, newline="", encoding="utf-8") as stream:
        for row in csv.DictReader(stream):
            key = tuple(row[name] for name in KEY)
            if key in found:
                raise ValueError(f"{path}: two rows for {key}")
            if row["reason"] and row["reason"] != BELOW_ONE:
                found[key] = (None, None, row["reason"])
            else:
                found[key] = (number(row["numerator"]), number(row["denominator"]), row["reason"])
    return found


def same(code, one, other):
    """Equal denominators, reasons and numerators; of a mean or a gap, numerators equal to nine digits, of a ratio,
    denominators."""
    if code in RATIOS and None not in (one[1], other[1]):
        return (one[0], one[2]) == (other[0], other[2]) and math.isclose(one[1], other[1], rel_tol=1e-9)
    if one[1:] != other[1:]:
        return False
    if code in MEANS + GAPS and None not in (one[0], other[0]):
        return math.isclose(one[0], other[0], rel_tol=1e-9)
    return one[0] == other[0]


def differences(values, oracle):
    """[(key, of values, of oracle)], in the order of the keys."""
    codes = {key[0] for key in oracle}
    keys = sorted(set(oracle) | {key for key in values if key[0] in codes})
    pairs = [(key, values.get(key, NOBODY), oracle.get(key, NOBODY)) for key in keys]
    return [pair for pair in pairs if not same(pair[0][0], pair[1], pair[2])]


def shown(cell):
    """A cell in a line: 3/12, its reason, or both."""
    counts = "" if None in cell[:2] else f"{cell[0]:g}/{cell[1]:g}"
    return " ".join(part for part in (counts, cell[2]) if part)


def main(arguments):
    if len(arguments) != 2:
        print(__doc__, file=sys.stderr)
        return 2
    values, oracle = cells(arguments[0]), cells(arguments[1])
    found = differences(values, oracle)
    print(f"{len(oracle)} cells of the oracle, {len(found)} differ")
    for (code, component, level), count in sorted(Counter(key[:3] for key, _, _ in found).items()):
        print(f"  {code} {component or '-'} {level}: {count}")
    for key, value, expected in found[:SHOWN]:
        print(f"{' '.join(part or '-' for part in key)}: values {shown(value)}, oracle {shown(expected)}")
    if len(found) > SHOWN:
        print(f"... and {len(found) - SHOWN} more")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
