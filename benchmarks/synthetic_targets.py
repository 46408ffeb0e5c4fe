"""What the synthetic nation comes to, against what it aims at.

    python benchmarks/synthetic_targets.py NATION/delivery --scale 0.1 --truth NATION/truth [--year 2015]

Computes the quantities from the delivered files, apart from the library (synthetic_reading.py). Prints target, value,
tolerance (2 points, or 5% for counts and rates, plus two standard errors) and whether the value lies within. Exit
code 1 where one does not.
"""

import argparse
import math
import sys
from pathlib import Path

import duckdb
import synthetic_drugs
from synthetic_reading import NAMES, derive, load

ROOT = Path(__file__).parents[1]


class Report:
    """Lines of the table, and how many are off."""

    def __init__(self) -> None:
        self.off = 0
        print(f"{'quantity':44} {'target':>12} {'value':>12} {'tolerance':>10}")

    def line(self, name: str, target: float | None, value: float, tolerance: float, digits: int = 1) -> None:
        missed = target is not None and not abs(value - target) <= tolerance
        self.off += missed
        shown = "-" if target is None else f"{target:,.{digits}f}"
        print(f"{name:44} {shown:>12} {value:12,.{digits}f} {tolerance:10,.{digits}f} {'  OFF' if missed else ''}")

    def share(self, name: str, target: float | None, part: float, whole: float) -> None:
        """A percentage: 2 points and two standard errors."""
        value = 100 * part / whole if whole else math.nan
        self.line(name, target, value, 2 + 2 * math.sqrt(max(value * (100 - value), 1) / max(whole, 1)))

    def count(self, name: str, target: float | None, found: float, scale: float, digits: int = 0) -> None:
        """A count at scale 1.0: 5% and two standard errors."""
        value = found / scale
        self.line(name, target, value, (0.05 + 2 / math.sqrt(max(found, 1))) * (target or value), digits)


def judge(db: duckdb.DuckDBPyConnection, y: int, scale: float) -> int:
    """Print the table; the number of quantities off target."""

    def one(sql: str) -> list:
        return db.execute(sql).fetchone()

    r = Report()
    y0, y1 = f"DATE '{y}-01-01'", f"DATE '{y}-12-31'"
    population = f"read_csv('{ROOT}/conf/reference/population/*.csv', all_varchar=true, filename=true)"
    adults = one(f"""SELECT sum(residents::INT) FROM {population}
      WHERE filename LIKE '%/{y}.csv' AND age::INT >= 18""")[0]
    users = one("SELECT count(*) FROM (SELECT p FROM act UNION SELECT p FROM pres)")[0]
    n = one("SELECT sum(n) FROM act")[0]
    r.count("users", 777_035, users, scale)
    r.count("interventions", 10_200_000, n, scale)
    r.line("interventions a user", 13.1, n / users, 0.05 * 13.1, 2)
    women, known = one("""SELECT count(*) FILTER (sex = '2'), count(*) FROM attribute
      WHERE p IN (SELECT p FROM act UNION SELECT p FROM pres)""")
    r.share("women", 54.5, women, known)
    for name, target, condition in (
        ("place: service", 75.9, "place = '1'"), ("place: home", 8.0, "place = '2'"),
        ("first operator: nurse", 43, "op1 = '4'"), ("first operator: physician", 29, "op1 = '1'"),
    ):  # fmt: skip
        r.share(name, target, one(f"SELECT count(*) FROM PST_p WHERE year(date) = {y} AND {condition}")[0], n)
    rates = {4: 30.8, 3: 11.9, 1: 37.7, 2: 8.0}
    for g, target in rates.items():
        treated, new = one(f"SELECT count(*), count(*) FILTER (new) FROM T WHERE g = {g}")
        share = {4: 6, 3: 6, 1: 19, 2: 7}[g]
        value = treated / adults / scale * 10_000
        r.line(f"treated per 10,000: {NAMES[g]}", target, value, (0.05 + 2 / math.sqrt(max(treated, 1))) * target)
        r.share(f"new: {NAMES[g]}", share, new, treated)
    r.share("other or no pathway, of users (no target)", None, users - one("SELECT count(*) FROM T")[0], users)
    r.share("new, of all with a contact (no target)", None, *one(
        f"SELECT count(*) FILTER (f >= {y0}), count(*) FROM contact JOIN earliest USING (p)"))  # fmt: skip
    psychiatric, public = one(f"""SELECT count(*), count(*) FILTER (public) FROM rec
      WHERE psy AND REGIME = '1' AND ANNO = '{y}'""")
    r.count("psychiatric discharges", 110_875, psychiatric, scale)
    r.count("public ones", 95_700, public, scale)
    r.count("SDO records a year (no target)", None, one(f"SELECT count(*) FROM rec WHERE ANNO = '{y}'")[0], scale)
    nights = f"sum(datediff('day', greatest(admission, {y0}), least(leaves, {y1})) + 1)"
    days, residents = one(f"SELECT {nights}, count(DISTINCT p) FROM beds WHERE admission <= {y1} AND leaves >= {y0}")
    spread = 2 / math.sqrt(residents)
    r.line("residential days", 10_500_000, float(days) / scale, (0.05 + spread) * 10_500_000, 0)
    r.count("residential users (no target)", None, residents, scale)
    r.count("semiresidential users", 22_000, one("SELECT count(*) FROM pres")[0], scale)
    r.count("presences (published 2021: 1,146,364)", None, one("SELECT sum(n) FROM pres")[0], scale)
    bad, cards = one(f"""SELECT count(*) FILTER (dx_open IN ('', '99999')
      OR NOT regexp_full_match(dx_open, '(29|30|31)[0-9]{{1,3}}|00000')), count(*) FROM opened WHERE year = '{y}'""")
    r.share("diagnosis missing, 99999 or outside", 12, bad, cards)
    shares = db.execute(f"""SELECT region, avg((dx_open IN ('', '99999')
      OR NOT regexp_full_match(dx_open, '(29|30|31)[0-9]{{1,3}}|00000'))::INT) FROM opened WHERE year = '{y}'
      GROUP BY 1 ORDER BY 1""").fetchall()
    print("   by region: " + " ".join(f"{region}:{share:.0%}" for region, share in shares))
    low, high = one(f"""SELECT count(DISTINCT REGIONE || AZIENDA || DSM), count(DISTINCT REGIONE) FROM str
      WHERE ANNO = '{y}'""")
    r.line("departments (140 to 165)", 152.5, low, 12.5, 0)
    r.line("regions", 21, high, 0, 0)
    _mortality(db, r, y, population)
    _indicators(db, r, y, one)
    synthetic_drugs.judge(db, r, y, scale)
    return r.off


def _mortality(db, r: Report, y: int, population: str) -> None:
    deaths = f"read_csv('{ROOT}/conf/reference/deaths/{y}.csv', all_varchar=true)"
    db.execute(f"""CREATE TABLE rate AS SELECT sex, k, d / n AS q FROM
      (SELECT sex, least(age::INT // 5, 18) AS k, sum(residents::INT) / 2 AS n FROM {population}
       WHERE regexp_extract(filename, '([0-9]+)[.]csv$', 1) IN ('{y}', '{y + 1}') GROUP BY 1, 2) JOIN
      (SELECT sex, regexp_extract(age_class, '^[0-9]+')::INT // 5 AS k, sum(deaths::INT) AS d FROM {deaths}
       GROUP BY 1, 2) USING (sex, k)""")  # fmt: skip
    found = db.execute(f"""SELECT g, count(*) FILTER (death BETWEEN c AND DATE '{y}-12-31'),
      sum(q * (datediff('day', c, least(COALESCE(death, DATE '{y}-12-31'), DATE '{y}-12-31')) + 1) / 365.0)
      FROM T JOIN rate ON rate.k = least(age // 5, 18) AND rate.sex = CASE T.sex WHEN '1' THEN 'M' WHEN '2' THEN 'F' END
      WHERE death IS NULL OR death >= c GROUP BY g ORDER BY g DESC""").fetchall()  # fmt: skip
    targets = {4: 2.0, 3: 1.35, 1: 1.5, 2: 1.8}
    for g, observed, expected in found:
        smr = observed / float(expected)
        tolerance = 0.05 * targets[g] + 2 * math.sqrt(max(observed, 1)) / float(expected)
        r.line(f"SMR: {NAMES[g]} ({observed} deaths)", targets[g], smr, tolerance, 2)


STAYS = {  # of each pathway: compulsory, readmission, long stay, visit, home, six months
    4: ("S13", "S14", "S15", "S20", "S22", "S21"),
    3: ("BP11", "BP12", "BP13", "BP18", "", "BP19"),
    1: ("", "D8", "D9", "D11", "", "D12"),
    2: ("DGP8", "DGP9", "DGP10", "", "", ""),
}
STAY_TARGETS = {"S13": 10, "S14": 17, "S15": 12, "S20": 52, "S22": 7, "D11": 50}
FAMILY = "living IN ('2', '3', '4')"


def _indicators(db, r: Report, y: int, one) -> None:
    y0, y1 = f"DATE '{y}-01-01'", f"DATE '{y}-12-31'"
    for g, codes in STAYS.items():
        stays, *parts = one(f"""WITH s AS (SELECT *, lag(d) OVER (PARTITION BY p ORDER BY a) AS before FROM spdc)
          SELECT count(*), count(*) FILTER (tso), count(*) FILTER (datediff('day', before, a) <= 30),
          count(*) FILTER (datediff('day', a, d) > 30) FROM s JOIN T USING (p)
          WHERE g = {g} AND d BETWEEN {y0} AND {y1}""")
        for code, part in zip(codes[:3], parts, strict=True):
            if code:
                r.share(f"{code} (of {stays} stays)", STAY_TARGETS.get(code), part, stays)
        db.execute(f"""CREATE OR REPLACE TABLE index_stay AS SELECT p, min(d) AS d FROM spdc JOIN T USING (p)
          LEFT JOIN dead USING (p) WHERE g = {g} AND d BETWEEN {y0} AND {y1} AND NOT died
          AND (dead.death IS NULL OR dead.death > d) GROUP BY p""")
        db.execute("""CREATE OR REPLACE TABLE after AS SELECT i.p, x.type, x.place, datediff('day', i.d, x.date) AS n
          FROM index_stay i JOIN PST_p x ON x.p = i.p AND x.date BETWEEN i.d AND i.d + 180""")
        total, *parts = one("""SELECT count(*), count(*) FILTER (p IN (SELECT p FROM after WHERE n <= 14
          AND type = '01' AND place NOT IN ('5', '6'))), count(*) FILTER (p IN (SELECT p FROM after WHERE n <= 14
          AND place = '2')), count(*) FILTER (p IN (SELECT p FROM after WHERE n > 0 GROUP BY p
          HAVING count(DISTINCT (n - 1) // 30) = 6)) FROM index_stay""")
        for code, part in zip(codes[3:], parts, strict=True):
            if code:
                r.share(code, STAY_TARGETS.get(code), part, total)
    r.share("DGP7", 12.7, *one(f"""SELECT count(*) FILTER (p IN (SELECT p FROM spdc WHERE d BETWEEN {y0} AND {y1})),
      count(*) FROM T WHERE g = 2"""))  # fmt: skip
    for g, code, target in ((4, "S25", 60), (3, "BP22 (no target)", None)):
        db.execute(f"""CREATE OR REPLACE TABLE seen AS
          SELECT p, c, LEAST(c + 365, COALESCE(death, DATE '9999-01-01')) AS b, day FROM T JOIN
          (SELECT p, day FROM days UNION SELECT p, unnest(generate_series(a, d, INTERVAL 1 DAY))::DATE FROM chained
           WHERE d >= {y0} AND a <= {y1} + 366) USING (p)
          WHERE g = {g} AND day BETWEEN c AND LEAST(c + 365, COALESCE(death, DATE '9999-01-01'))""")
        good, total = one("""SELECT count(*) FILTER (gap <= 90), count(*) FROM (SELECT p, max(gap) AS gap FROM (
          SELECT p, datediff('day', day, LEAST(b, COALESCE(lead(day) OVER (PARTITION BY p ORDER BY day), b))) AS gap
          FROM seen) GROUP BY p)""")
        r.share(code, target, good, total)
    treated = "T LEFT JOIN act USING (p) LEFT JOIN pres USING (p)"
    for code, target, numerator, denominator in (
        ("S26 (no target)", None, "act.n + COALESCE(pres.n, 0) > 5", "g = 4 AND act.n > 0"),
        ("S27 (no target)", None, "family > 2", f"g = 4 AND act.n > 0 AND {FAMILY}"),
        ("S30", 75, "doctor > 0 AND others > 0", "g = 4 AND act.n > 0"),
        ("S31", 9.4, "education >= 4", f"g = 4 AND {FAMILY}"),
        ("S32", 23, "therapy + talks >= 4", "g = 4"),
        ("S46 (no target)", None, "skills >= 5", "g = 4"),
        ("BP25", 11.5, "therapy > 3 OR talks > 3", "g = 3"),
    ):
        sql = f"SELECT count(*) FILTER ({numerator}), count(*) FROM {treated} WHERE {denominator}"
        r.share(code, target, *one(sql))
    r.share("DGP5", 10, *one("""SELECT count(*) FILTER (p IN (SELECT T.p FROM T JOIN PST_p x ON x.p = T.p
      AND x.type = '06' AND x.date >= c AND x.date < c + INTERVAL 3 MONTH GROUP BY T.p HAVING count(*) >= 2)),
      count(*) FROM T WHERE g = 2"""))  # fmt: skip
    months = f"greatest(1, month(LEAST(COALESCE(death, {y1}), {y1})) - month(c) + 1)"
    for code, target, what, condition in (
        ("S5", 2.6, "COALESCE(act.n, 0) + COALESCE(pres.n, 0)", "true"),
        ("S6", 1.3, "COALESCE(family, 0)", FAMILY),
    ):
        mean, spread, count = one(f"""SELECT avg(v), stddev(v), count(*) FROM (SELECT ({what}) / {months} AS v
          FROM {treated} WHERE g = 4 AND new AND age < 30 AND {condition})""")
        r.line(f"{code} (of {count} onsets)", target, mean, 0.05 * target + 2 * spread / math.sqrt(count), 2)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("delivery", type=Path)
    parser.add_argument("--scale", type=float, required=True)
    parser.add_argument("--truth", type=Path, help="folder of the truth: deaths are taken from it")
    parser.add_argument("--year", type=int, default=2015)
    arguments = parser.parse_args()
    db = duckdb.connect()
    db.execute("SET threads = 2; SET enable_progress_bar = false; SET preserve_insertion_order = false")
    load(db, arguments.delivery)
    derive(db, arguments.year, arguments.truth)
    synthetic_drugs.load(db, arguments.delivery)
    off = judge(db, arguments.year, arguments.scale)
    print(f"{off} off target")
    return int(off > 0)


if __name__ == "__main__":
    sys.exit(main())
