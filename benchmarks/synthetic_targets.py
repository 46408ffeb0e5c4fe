"""What the synthetic nation comes to, against what it aims at: a slow and plain reading of the files, in DuckDB.

    python benchmarks/synthetic_targets.py NATION/delivery --scale 0.1 --truth NATION/truth [--year 2015]

It shares no line with the library: it reads the delivered files, applies corrections and the rules that matter here,
and computes the quantities by the measurement manual. Prints target, value, tolerance (2 points, or 5% for counts
and rates, plus two standard errors) and whether the value lies within. Exit code 1 where one does not.
"""

import argparse
import math
import sys
from pathlib import Path

import duckdb

ROOT = Path(__file__).parents[1]
KEY = "region, azienda, dsm, id_rec"
SISM = {
    "ANT": "year region period azienda dsm id_rec cuni valid id_type birth sex citizen res_region res_asl state "
    "marital living education occupation op",
    "CNT": "year period region azienda dsm id_rec structure contact opening dx_open previous referral closing dx_close "
    "mode op",
    "PST": "year period region azienda dsm id_rec structure contact serial date type planned place op1 op2 op3 op",
    "PSR": "year period region azienda dsm id_rec structure contact type admission discharge op",
    "PSS": "year period region azienda dsm id_rec structure contact type date attendance op",
}
SISM["ANR"], SISM["CNR"] = SISM["ANT"], SISM["CNT"]
KEYS = {
    "ANT": "year, period", "ANR": "year, period", "CNT": "year, period, structure, contact",
    "CNR": "year, period, structure, contact", "PST": "structure, contact, serial, date, year, period",
    "PSR": "year, period, structure, contact, admission", "PSS": "year, period, structure, contact, date",
}  # fmt: skip
CODED = "({0} IN ('00000', '99999') OR regexp_full_match({0}, '(29|30|31)[0-9]{{1,3}}'))"
IN_SEMESTER = "year(date) = CAST(year AS INT) AND (month(date) > 6) = (period = 'S2')"
VALID = {
    "ANT": "sex IN ('1', '2', '9') AND living BETWEEN '1' AND '9'",
    "CNT": CODED.format("dx_open") + " AND referral IN ('1', '2', '3', '4', '5', '9') AND previous IN ('1', '2', '9')",
    "PST": IN_SEMESTER + " AND type BETWEEN '01' AND '26'",
    "PSR": "type IN ('1', '4', '5', '6', '7', '8')",
    "PSS": IN_SEMESTER + " AND attendance IN ('1', '2')",
}
VALID["ANR"], VALID["CNR"] = VALID["ANT"], VALID["CNT"]
DATES = {"PST": ["date"], "PSS": ["date"], "CNT": ["opening", "closing"], "PSR": ["admission", "discharge"]}
DATES["CNR"] = DATES["CNT"]

PATHWAY = """CASE
 WHEN {0} LIKE '295%' OR {0} LIKE '297%' OR rtrim({0}, '0') IN ('2981','2982','2983','2984','2988','2989') THEN 4
 WHEN substr({0}, 1, 4) IN ('2960','2961','2964','2965','2966','2967','2968') THEN 3
 WHEN rtrim({0}, '0') IN ('3013','3015','30159','30181','30183') AND {0} <> '3015' THEN 2
 WHEN substr({0}, 1, 4) IN ('2962','2963','2980') OR rtrim({0}, '0') IN ('3004','311','309','3091') AND {0} <> '309' THEN 1
END"""
NAMES = {4: "schizophrenia", 3: "bipolar", 2: "severe_personality", 1: "depressive"}


def load(db: duckdb.DuckDBPyConnection, delivery: Path) -> None:
    """Current, accepted records of each flow as tables, with the person's number `p`."""
    for flow, columns in SISM.items():
        names = columns.split()
        spec = "{" + ", ".join(f"'{n}': 'VARCHAR'" for n in names) + "}"
        source = (
            f"read_csv('{delivery}/{flow}_*.csv', delim='~', header=false, skip=1, columns={spec}, quote='', "
            "nullstr='\x01', auto_detect=false)"
        )
        dates = ", ".join(f"TRY_CAST({d} AS DATE) AS {d}" for d in DATES.get(flow, []))
        replaced = f"* REPLACE ({dates})" if dates else "*"
        db.execute(
            f"CREATE TEMP TABLE raw AS SELECT {replaced}, hash({KEY}) AS link, hash({KEY}, {KEYS[flow]}) AS k "
            f"FROM {source} WHERE op <> 'NM'"
        )
        if flow == "CNT":
            db.execute(
                "CREATE TABLE opened AS SELECT DISTINCT link, contact, dx_open, year FROM raw WHERE op <> 'C'"
            )
        keep = "* EXCLUDE (id_rec, op, k)"
        db.execute(
            f"CREATE TABLE {flow} AS SELECT {keep} FROM raw WHERE {VALID[flow]} "
            "QUALIFY row_number() OVER (PARTITION BY k ORDER BY CASE op WHEN 'C' THEN 2 WHEN 'V' THEN 1 ELSE 0 END DESC) = 1 "
            "AND op <> 'C'"
            if flow not in ("PST", "PSS")
            else f"CREATE TABLE {flow} AS WITH twice AS (SELECT k FROM raw WHERE {VALID[flow]} GROUP BY k HAVING count(*) > 1) "
            f"SELECT {keep} FROM raw WHERE {VALID[flow]} AND k NOT IN (FROM twice) UNION ALL "
            f"SELECT {keep} FROM raw WHERE {VALID[flow]} AND k IN (FROM twice) "
            "QUALIFY row_number() OVER (PARTITION BY k ORDER BY CASE op WHEN 'C' THEN 2 WHEN 'V' THEN 1 ELSE 0 END DESC) = 1 "
            "AND op <> 'C'"
        )
        db.execute("DROP TABLE raw")
    db.execute(
        f"CREATE TABLE sdo AS SELECT * FROM read_csv('{delivery}/SDO_*.csv', delim='~', header=true, all_varchar=true, "
        "quote='', nullstr='\x01') WHERE REGIME IN ('1', '2') QUALIFY row_number() OVER (PARTITION BY REGIONE, ISTITUTO, "
        "ANNO, SCHEDA ORDER BY CASE OP WHEN 'C' THEN 2 WHEN 'V' THEN 1 ELSE 0 END DESC) = 1 AND OP <> 'C'"
    )
    db.execute(f"CREATE TABLE str AS SELECT * FROM read_csv('{delivery}/STR_*.csv', delim='~', header=true, all_varchar=true)")
    person = "CASE WHEN id_type = '99' THEN hash(link, 'local') ELSE hash(cuni) END"
    db.execute(
        f"CREATE TABLE who AS SELECT link, {person} AS p, year, period, CAST(birth AS INT) AS birth, sex, living, 0 AS register "
        f"FROM ANT UNION ALL SELECT link, {person}, year, period, CAST(birth AS INT), sex, living, 1 FROM ANR"
    )
    db.execute("CREATE TABLE links AS SELECT link, any_value(p) AS p FROM who GROUP BY link")
    for flow in ("CNT", "CNR", "PST", "PSR", "PSS"):
        db.execute(f"CREATE TABLE {flow}_p AS SELECT p, t.* EXCLUDE (link) FROM {flow} t JOIN links USING (link)")


def derive(db: duckdb.DuckDBPyConnection, y: int, truth: Path | None) -> None:
    """Stays, deaths, pathways, the treated of the year. Deaths: of the truth, where given (a register would know
    them), else those that SISM and SDO tell."""
    dead = "SELECT p, death FROM told_dead"
    if truth:
        dead = f"SELECT hash(cuni) AS p, min(death) AS death FROM '{truth}/person_year_*.parquet' WHERE death IS NOT NULL GROUP BY 1"
    y0, y1 = f"DATE '{y}-01-01'", f"DATE '{y}-12-31'"
    db.execute(
        f"""
CREATE TABLE attribute AS SELECT p, arg_max(birth, (year, period, -register)) AS birth,
  arg_max(sex, (year, period, -register)) AS sex, arg_max(living, (year, period, -register)) AS living
  FROM who WHERE year <= '{y}' GROUP BY p;
INSERT INTO attribute SELECT hash(CUNI), any_value(CAST(ANNO_NASCITA AS INT)), any_value(SESSO), '9' FROM sdo
  WHERE ANNO <= '{y}' AND hash(CUNI) NOT IN (SELECT p FROM attribute) GROUP BY 1;
CREATE TABLE rec AS SELECT hash(CUNI) AS p, CAST(DATA_RICOVERO AS DATE) AS a, CAST(DATA_DIMISSIONE AS DATE) AS d,
  (REPARTO_AMMISSIONE LIKE '40%' OR REPARTO_DIMISSIONE LIKE '40%') AS psy, TIPO_ISTITUTO = '1' AS public,
  TIPO_RICOVERO = '3' AS tso, MODALITA_DIMISSIONE AS mode, DIAGNOSI_PRINCIPALE AS dx, REGIME, ANNO FROM sdo;
CREATE TABLE chained AS SELECT *, sum(new) OVER (PARTITION BY p ORDER BY a, d) AS stay FROM (
  SELECT *, CASE WHEN a <= max(d) OVER (PARTITION BY p ORDER BY a, d ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)
  THEN 0 ELSE 1 END AS new FROM rec WHERE REGIME = '1');
CREATE TABLE spdc AS SELECT p, stay, min(a) AS a, max(d) AS d, bool_or(tso) AS tso,
  arg_max(dx, (d, a)) AS dx, arg_max(mode, (d, a)) = '1' AS died FROM chained WHERE psy AND public GROUP BY p, stay;
CREATE TABLE told_dead AS SELECT p, min(x) AS death FROM (
  SELECT p, min(d) AS x, 1 AS source FROM rec WHERE mode = '1' GROUP BY p UNION ALL
  SELECT p, min(closing), 2 FROM (SELECT p, closing, mode FROM CNT_p UNION ALL SELECT p, closing, mode FROM CNR_p)
  WHERE mode IN ('4', '5') GROUP BY p) GROUP BY p;
CREATE TABLE dead AS {dead};
CREATE TABLE spells AS SELECT p, contact, any_value(opening) AS opening, arg_max(dx_open, (year, period)) AS dx_open,
  arg_max(COALESCE(closing, DATE '9999-01-01'), (year, period)) AS closing,
  arg_max(dx_close, (year, period)) AS dx_close, arg_max(mode, (year, period)) AS mode
  FROM (SELECT * FROM CNT_p UNION ALL SELECT * FROM CNR_p) WHERE year <= '{y}' GROUP BY p, region, azienda, dsm, structure, contact;
CREATE TABLE told AS SELECT p, w, {PATHWAY.format("dx")} AS g FROM (
  SELECT p, CASE WHEN closing <= {y1} AND dx_close <> 'xxxxx' THEN closing ELSE opening END AS w,
    CASE WHEN closing <= {y1} AND dx_close <> 'xxxxx' THEN dx_close ELSE dx_open END AS dx
  FROM spells WHERE opening <= {y1} AND closing >= {y0});
CREATE TABLE days AS SELECT p, date AS day FROM PST_p UNION ALL SELECT p, date FROM PSS_p UNION ALL
  SELECT p, unnest(generate_series(a, d, INTERVAL 1 DAY))::DATE FROM spdc WHERE d >= {y0} AND a <= {y1} + 366;
CREATE TABLE beds AS SELECT p, contact, admission,
  max(COALESCE(discharge, make_date(CAST(year AS INT), CASE period WHEN 'S1' THEN 6 ELSE 12 END,
  CASE period WHEN 'S1' THEN 30 ELSE 31 END))) AS leaves FROM PSR_p GROUP BY ALL;
INSERT INTO days SELECT p, unnest(generate_series(greatest(admission, {y0}), least(leaves, {y1} + 366), INTERVAL 1 DAY))::DATE
  FROM beds WHERE leaves >= {y0} AND admission <= {y1} + 366;
CREATE TABLE contact AS SELECT p, min(day) AS c FROM days WHERE day BETWEEN {y0} AND {y1} GROUP BY p;
CREATE TABLE earliest AS SELECT p, min(x) AS f FROM (SELECT p, min(day) AS x FROM days GROUP BY p UNION ALL
  SELECT p, min(opening) FROM (SELECT p, opening FROM CNT_p UNION ALL SELECT p, opening FROM CNR_p) GROUP BY p UNION ALL
  SELECT p, min(admission) FROM beds GROUP BY p UNION ALL SELECT p, min(a) FROM spdc GROUP BY p) GROUP BY p;
CREATE TABLE path AS SELECT p, COALESCE(any_value(s.g), any_value(h.g)) AS g FROM
  (SELECT p, arg_max(g, (w, g)) AS g FROM told WHERE g IS NOT NULL GROUP BY p) s FULL JOIN
  (SELECT p, arg_max({PATHWAY.format("dx")}, d) AS g FROM spdc WHERE d BETWEEN {y0} AND {y1}
   AND ({PATHWAY.format("dx")}) IS NOT NULL GROUP BY p) h USING (p) GROUP BY p;
CREATE TABLE T AS SELECT p, g, c, f, birth, sex, living, death, f >= {y0} AS new, {y} - birth AS age FROM contact JOIN path USING (p)
  JOIN attribute USING (p) LEFT JOIN earliest USING (p) LEFT JOIN dead USING (p) WHERE {y} - birth >= 18;
CREATE TABLE act AS SELECT p, count(*) AS n, count(*) FILTER (type IN ('09','12','13','14')) AS family,
  count(*) FILTER (type IN ('13','14')) AS education, count(*) FILTER (type IN ('07','08','09','10')) AS therapy,
  count(*) FILTER (type = '02') AS talks, count(*) FILTER (type IN ('16','17')) AS skills,
  count(*) FILTER (type NOT IN ('15','26') AND '1' IN (op1, op2, op3)) AS doctor,
  count(*) FILTER (type NOT IN ('15','26') AND (op1 BETWEEN '2' AND '6' OR op2 BETWEEN '2' AND '6' OR op3 BETWEEN '2' AND '6'))
  AS others FROM PST_p WHERE year(date) = {y} GROUP BY p;
CREATE TABLE pres AS SELECT p, count(*) AS n FROM PSS_p WHERE year(date) = {y} GROUP BY p;
"""
    )


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
    population = f"read_csv('{ROOT}/conf/reference/istat_population_1jan_by_region_sex_age.csv', all_varchar=true)"
    adults = one(f"SELECT sum(population::INT) FROM {population} WHERE year = '{y}' AND age::INT >= 18")[0]
    users = one("SELECT count(*) FROM (SELECT p FROM act UNION SELECT p FROM pres)")[0]
    n = one("SELECT sum(n) FROM act")[0]
    r.count("users", 777_035, users, scale)
    r.count("interventions", 10_200_000, n, scale)
    r.line("interventions a user", 13.1, n / users, 0.05 * 13.1, 2)
    women, known = one("SELECT count(*) FILTER (sex = '2'), count(*) FROM attribute WHERE p IN (SELECT p FROM act UNION SELECT p FROM pres)")
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
    psychiatric, public = one(f"SELECT count(*), count(*) FILTER (public) FROM rec WHERE psy AND REGIME = '1' AND ANNO = '{y}'")
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
    bad, cards = one(f"""SELECT count(*) FILTER (dx_open IN ('', '99999') OR NOT regexp_full_match(dx_open, '(29|30|31)[0-9]{{1,3}}|00000')),
        count(*) FROM opened WHERE year = '{y}'""")  # fmt: skip
    r.share("diagnosis missing, 99999 or outside", 12, bad, cards)
    print("   of which by region: " + " ".join(
        f"{a}:{b:.0%}" for a, b in db.execute(f"""SELECT region, avg((dx_open = '99999')::INT) FROM CNT WHERE year = '{y}'
        GROUP BY 1 ORDER BY 1""").fetchall()))  # fmt: skip
    low, high = one(f"SELECT count(DISTINCT REGIONE || AZIENDA || DSM), count(DISTINCT REGIONE) FROM str WHERE ANNO = '{y}'")
    r.line("departments (140 to 165)", 152.5, low, 12.5, 0)
    r.line("regions", 21, high, 0, 0)
    _mortality(db, r, y, population)
    _indicators(db, r, y, one)
    return r.off


def _mortality(db, r: Report, y: int, population: str) -> None:
    deaths = f"read_csv('{ROOT}/conf/reference/istat_deaths_by_region_sex_age_class.csv', all_varchar=true)"
    db.execute(f"""CREATE TABLE rate AS SELECT sex, k, d / n AS q FROM
      (SELECT sex, least(age::INT // 5, 18) AS k, sum(population::INT) / 2 AS n FROM {population}
       WHERE year IN ('{y}', '{y + 1}') GROUP BY 1, 2) JOIN
      (SELECT sex, regexp_extract(age_class, '^[0-9]+')::INT // 5 AS k, sum(deaths::INT) AS d FROM {deaths}
       WHERE year = '{y}' GROUP BY 1, 2) USING (sex, k)""")  # fmt: skip
    found = db.execute(f"""SELECT g, count(*) FILTER (death BETWEEN c AND DATE '{y}-12-31'),
      sum(q * (datediff('day', c, least(COALESCE(death, DATE '{y}-12-31'), DATE '{y}-12-31')) + 1) / 365.0)
      FROM T JOIN rate ON rate.k = least(age // 5, 18) AND rate.sex = CASE T.sex WHEN '1' THEN 'M' WHEN '2' THEN 'F' END
      WHERE death IS NULL OR death >= c GROUP BY g ORDER BY g DESC""").fetchall()  # fmt: skip
    targets = {4: 2.0, 3: 1.35, 1: 1.5, 2: 1.8}
    for g, observed, expected in found:
        smr = observed / float(expected)
        r.line(f"SMR: {NAMES[g]} ({observed} deaths)", targets[g], smr, 0.05 * targets[g] + 2 * math.sqrt(max(observed, 1)) / float(expected), 2)


def _indicators(db, r: Report, y: int, one) -> None:
    y0, y1 = f"DATE '{y}-01-01'", f"DATE '{y}-12-31'"
    for g, codes in ((4, ("S13", "S14", "S15", "S20", "S22", "S21")), (3, ("BP11", "BP12", "BP13", "BP18", "-", "BP19")),
                     (1, ("-", "D8", "D9", "D11", "-", "D12")), (2, ("DGP8", "DGP9", "DGP10", "-", "-", "-"))):  # fmt: skip
        targets = {"S13": 10, "S14": 17, "S15": 12, "S20": 52, "S22": 7, "D11": 50}
        stays, tso, again, longer = one(f"""WITH s AS (SELECT *, lag(d) OVER (PARTITION BY p ORDER BY a) AS before FROM spdc)
          SELECT count(*), count(*) FILTER (tso), count(*) FILTER (datediff('day', before, a) <= 30),
          count(*) FILTER (datediff('day', a, d) > 30) FROM s JOIN T USING (p) WHERE g = {g} AND d BETWEEN {y0} AND {y1}""")
        for code, part in zip(codes[:3], (tso, again, longer), strict=True):
            if code != "-":
                r.share(f"{code} (of {stays} stays)", targets.get(code), part, stays)
        db.execute(f"""CREATE OR REPLACE TABLE index_stay AS SELECT p, min(d) AS d FROM spdc JOIN T USING (p) LEFT JOIN dead
          USING (p) WHERE g = {g} AND d BETWEEN {y0} AND {y1} AND NOT died AND (dead.death IS NULL OR dead.death > d) GROUP BY p""")
        total, seen, home = one("""SELECT count(*), count(*) FILTER (p IN (SELECT i.p FROM index_stay i JOIN PST_p x ON x.p = i.p
          AND x.type = '01' AND x.place NOT IN ('5', '6') AND datediff('day', i.d, x.date) BETWEEN 0 AND 14)),
          count(*) FILTER (p IN (SELECT i.p FROM index_stay i JOIN PST_p x ON x.p = i.p AND x.place = '2'
          AND datediff('day', i.d, x.date) BETWEEN 0 AND 14)) FROM index_stay""")
        months = one("""SELECT count(*) FROM (SELECT i.p FROM index_stay i JOIN PST_p x ON x.p = i.p
          AND datediff('day', i.d, x.date) BETWEEN 1 AND 180 GROUP BY i.p
          HAVING count(DISTINCT (datediff('day', i.d, x.date) - 1) // 30) = 6)""")[0]
        for code, part in zip(codes[3:], (seen, home, months), strict=True):
            if code != "-":
                r.share(code, targets.get(code), part, total)
    r.share("DGP7", 12.7, *one(f"""SELECT count(*) FILTER (p IN (SELECT p FROM spdc WHERE d BETWEEN {y0} AND {y1})), count(*)
      FROM T WHERE g = 2"""))  # fmt: skip
    for g, code, target in ((4, "S25", 60), (3, "BP22", None), (1, "D6-like over T", None)):
        db.execute(f"""CREATE OR REPLACE TABLE seen AS
          SELECT p, c, LEAST(c + 365, COALESCE(death, DATE '9999-01-01')) AS b, day FROM T JOIN
          (SELECT p, day FROM days UNION SELECT p, unnest(generate_series(a, d, INTERVAL 1 DAY))::DATE FROM chained
           WHERE d >= {y0} AND a <= {y1} + 366) USING (p)
          WHERE g = {g} AND day BETWEEN c AND LEAST(c + 365, COALESCE(death, DATE '9999-01-01'))""")
        good, total = one("""SELECT count(*) FILTER (gap <= 90), count(*) FROM (SELECT p, max(gap) AS gap FROM (
          SELECT p, datediff('day', day, LEAST(b, COALESCE(lead(day) OVER (PARTITION BY p ORDER BY day), b))) AS gap FROM seen)
          GROUP BY p)""")
        r.share(code, target, good, total)
    cohort = "T JOIN act USING (p) LEFT JOIN pres USING (p)"
    family = "living IN ('2', '3', '4')"
    r.share("S26 (no target)", None, *one(f"SELECT count(*) FILTER (act.n + COALESCE(pres.n, 0) > 5), count(*) FROM {cohort} WHERE g = 4"))
    r.share("S27 (no target)", None, *one(f"SELECT count(*) FILTER (family > 2), count(*) FROM {cohort} WHERE g = 4 AND {family}"))
    r.share("S30", 75, *one("SELECT count(*) FILTER (doctor > 0 AND others > 0), count(*) FROM T JOIN act USING (p) WHERE g = 4"))
    all_t = "T LEFT JOIN act USING (p)"
    r.share("S31", 9.4, *one(f"SELECT count(*) FILTER (education >= 4), count(*) FROM {all_t} WHERE g = 4 AND {family}"))
    r.share("S32", 23, *one(f"SELECT count(*) FILTER (therapy + talks >= 4), count(*) FROM {all_t} WHERE g = 4"))
    r.share("S46 (no target)", None, *one(f"SELECT count(*) FILTER (skills >= 5), count(*) FROM {all_t} WHERE g = 4"))
    r.share("BP25", 11.5, *one(f"SELECT count(*) FILTER (therapy > 3 OR talks > 3), count(*) FROM {all_t} WHERE g = 3"))
    r.share("DGP5", 10, *one(f"""SELECT count(*) FILTER (p IN (SELECT T.p FROM T JOIN PST_p x ON x.p = T.p AND x.type = '06' AND
      x.date >= c AND x.date < c + INTERVAL 3 MONTH GROUP BY T.p HAVING count(*) >= 2)), count(*) FROM T WHERE g = 2"""))  # fmt: skip
    for code, target, what, condition in (("S5", 2.6, "COALESCE(act.n, 0) + COALESCE(pres.n, 0)", "true"),
                                          ("S6", 1.3, "COALESCE(family, 0)", family)):  # fmt: skip
        mean, spread, count = one(f"""SELECT avg(v), stddev(v), count(*) FROM (SELECT ({what}) /
          greatest(1, month(LEAST(COALESCE(death, {y1}), {y1})) - month(c) + 1) AS v FROM T LEFT JOIN act USING (p) LEFT JOIN pres
          USING (p) WHERE g = 4 AND new AND age < 30 AND {condition})""")
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
    off = judge(db, arguments.year, arguments.scale)
    print(f"{off} off target")
    return int(off > 0)


if __name__ == "__main__":
    sys.exit(main())
