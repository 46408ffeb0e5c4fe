"""What drugs, tests, emergency visits and causes of death of a synthetic nation come to, against what they aim at.

Read plainly into DuckDB after synthetic_reading.py has made its tables (T, spdc, chained, beds, days, PST_p, dead); it
shares no line with the library. The rules are the measurement manual's, sections 2 and 3.
"""

from pathlib import Path

import duckdb

CLASSES = {"AP": "atc LIKE 'N05A%' AND atc NOT LIKE 'N05AN%'", "AD": "atc LIKE 'N06A%'"}
SECOND = (
    "('N05AE03','N05AE04','N05AE05','N05AH02','N05AH03','N05AH04','N05AH05','N05AH06','N05AL03','N05AL05','N05AX08',"
)
SECOND += "'N05AX12','N05AX13','N05AX15','N05AX16')"
METABOLIC = "('N05AH02','N05AH03','N05AH04','N05AH05','N05AX08','N05AX13','N05AL05','N05AX12','N05AE04','N05AE05',"
METABOLIC += "'N05AX15','N05AX16')"
TESTS = ("90.27.1", "90.14.3", "90.43.2")
OWN = "delim='~', header=true, all_varchar=true, quote='', nullstr='\x01', union_by_name=true"
LAST = "QUALIFY row_number() OVER (PARTITION BY {0} ORDER BY "
LAST += "CASE upper({1}) WHEN 'C' THEN 2 WHEN 'V' THEN 1 ELSE 0 END DESC) = 1"


def _by_position(delivery: Path, flow: str, fields: int) -> str:
    """A file of the Ministry's layout as columns c0, c1, ..."""
    spec = "{" + ", ".join(f"'c{i}': 'VARCHAR'" for i in range(fields)) + "}"
    return (
        f"read_csv('{delivery}/{flow}_*.csv', delim='~', header=false, skip=1, columns={spec}, quote='', "
        "nullstr='\x01', auto_detect=false)"
    )


def load(db: duckdb.DuckDBPyConnection, delivery: Path) -> None:
    """Current records: `disp` (dispensings that count), `test`, `visit`, `cdm`."""
    db.execute(
        f"""
CREATE TABLE aic AS SELECT DISTINCT AIC AS aic, ATC AS atc, DDD_CONFEZIONE::DOUBLE AS size, FORMA = 'depot' AS depot,
  TRY_CAST(INTERVALLO_GIORNI AS INT) AS every FROM read_csv('{delivery}/AIC_*.csv', {OWN});
CREATE TABLE far AS SELECT hash(CUNI) AS p, TRY_CAST(DATA_EROGAZIONE AS DATE) AS d, AIC AS aic, PEZZI::DOUBLE AS packs
  FROM (SELECT * FROM read_csv('{delivery}/FAR_*.csv', {OWN}) WHERE RIGA <> '99' AND OP IN ('I', 'V', 'C')
    AND CUNI <> '' AND TRY_CAST(DATA_EROGAZIONE AS DATE) IS NOT NULL
    {LAST.format("REGIONE, RICETTA, RIGA", "OP")}) WHERE OP <> 'C';
CREATE TABLE dir AS SELECT hash(c7) AS p, TRY_CAST(c23 AS DATE) AS d, c31 AS aic, c32::DOUBLE / c33::DOUBLE AS packs
  FROM (SELECT * FROM {_by_position(delivery, "DIR", 37)} WHERE upper(c16) IN ('I', 'V', 'C')
    AND c9 NOT IN ('', '98', '99') AND TRY_CAST(c23 AS DATE) IS NOT NULL
    {LAST.format("c0, c1, c2, c3, c6, c7, c21, c22, c23, c31", "c16")}) WHERE upper(c16) <> 'C';
CREATE TABLE disp AS SELECT p, d, atc, any_value(depot) AS depot, sum(packs) AS packs, sum(packs * size) AS ddds,
  bool_or(depot) AS any_depot FROM (SELECT * FROM far UNION ALL SELECT * FROM dir) JOIN aic USING (aic) WHERE packs > 0
  GROUP BY p, d, atc;
CREATE TABLE test AS SELECT hash(CUNI) AS p, TRY_CAST(DATA_EROGAZIONE AS DATE) AS d, PRESTAZIONE AS code
  FROM (SELECT * FROM read_csv('{delivery}/SPE_*.csv', {OWN}) WHERE RIGA <> '99' AND OP IN ('I', 'V', 'C')
    {LAST.format("REGIONE, RICETTA, RIGA", "OP")}) WHERE OP <> 'C';
CREATE TABLE visit AS SELECT hash(c12) AS p, TRY_CAST(c2 AS DATE) AS d, concat_ws('|', c27, c28, c52, c53) AS dx
  FROM (SELECT * FROM {_by_position(delivery, "PS", 62)} WHERE c61 IN ('I', 'V', 'C')
    AND TRY_CAST(c2 AS DATE) IS NOT NULL AND c12 <> '' AND c11 <> 'Z'
    {LAST.format("c0, c1", "c61")}) WHERE c61 <> 'C';
CREATE TABLE cdm AS SELECT hash(CUNI) AS p, TRY_CAST(DATA_DECESSO AS DATE) AS d,
  replace(CAUSA_INIZIALE, '.', '') AS cause
  FROM read_csv('{delivery}/CDM_*.csv', {OWN}) WHERE CUNI <> '' AND TRY_CAST(DATA_DECESSO AS DATE) IS NOT NULL;
CREATE TABLE inward AS SELECT p, min(a) AS s, max(d) + 1 AS e FROM chained GROUP BY p, stay
  UNION ALL SELECT p, admission, leaves + 1 FROM beds"""
    )
    for name, condition in CLASSES.items():
        db.execute(f"""CREATE TABLE run_{name} AS WITH iv AS (
          SELECT p, d AS s, d + ceil(round(ddds, 6))::INT AS e, d AS begun FROM disp WHERE {condition}
          UNION ALL SELECT p, s, e, NULL FROM inward WHERE p IN (SELECT p FROM disp WHERE {condition})),
        m AS (SELECT *, CASE WHEN s - max(e) OVER (PARTITION BY p ORDER BY s, e ROWS BETWEEN UNBOUNDED PRECEDING
          AND 1 PRECEDING) < 30 THEN 0 ELSE 1 END AS new FROM iv),
        g AS (SELECT *, sum(new) OVER (PARTITION BY p ORDER BY s, e ROWS UNBOUNDED PRECEDING) AS island FROM m)
        SELECT p, min(begun) AS s, max(e) AS e FROM g GROUP BY p, island HAVING min(begun) IS NOT NULL""")


def judge(db: duckdb.DuckDBPyConnection, r, y: int, scale: float) -> None:
    """Print the lines of the table."""

    def one(sql: str) -> list:
        return db.execute(sql).fetchone()

    y0, y1 = f"DATE '{y}-01-01'", f"DATE '{y}-12-31'"
    ap = CLASSES["AP"]
    for channel, target in (("far", 5_000_000), ("dir", 6_500_000)):
        rows, packs = one(f"""SELECT count(*), sum(packs) FROM {channel} JOIN aic USING (aic)
          WHERE {ap} AND packs > 0 AND year(d) = {y}""")
        value = packs / scale
        r.line(f"packs of antipsychotics, {channel.upper()}", target, value, (0.05 + 2 / rows**0.5) * target, 0)
    mental = "regexp_matches(dx, '(^|[|])(29|30|31)[0-9]')"
    found = one(f"SELECT count(*) FROM visit WHERE year(d) = {y} AND {mental}")[0]
    r.count("emergency visits, mental disorder", 547_000, found, scale)
    r.count("emergency visits, all (no target)", None, one(f"SELECT count(*) FROM visit WHERE year(d) = {y}")[0], scale)
    for g, name in ((4, "schizophrenia"), (3, "bipolar"), (1, "depressive"), (2, "severe personality")):
        for klass, condition in CLASSES.items():
            users = f"SELECT p FROM disp WHERE {condition} AND year(d) = {y}"
            shares = one(f"SELECT count(*) FILTER (p IN ({users})), count(*) FROM T WHERE g = {g}")
            r.share(f"{name}: {klass} in the year (no target)", None, *shares)
    db.execute(f"CREATE OR REPLACE TABLE A AS SELECT disp.* FROM disp JOIN T USING (p) WHERE g = 4 AND {ap}")
    _after_discharge(r, one, y0, y1)
    _persistence(r, one, "S33", "AP", 4, y)
    both = """SELECT a.p FROM covered a JOIN covered b ON a.p = b.p AND a.x = b.x AND a.atc < b.atc
      GROUP BY a.p, a.atc, b.atc HAVING count(*) > 30"""
    db.execute(f"""CREATE OR REPLACE TABLE covered AS SELECT DISTINCT p, atc, unnest(generate_series(greatest(d, {y0}),
      least(d + ceil(round(ddds, 6))::INT - 1, {y1}), INTERVAL 1 DAY))::DATE AS x FROM A
      WHERE d <= {y1} AND d + ceil(round(ddds, 6))::INT > {y0}""")
    alone = f"p IN (SELECT p FROM A WHERE year(d) = {y}) AND p NOT IN ({both})"
    r.share("S34", 66, *one(f"SELECT count(*) FILTER ({alone}), count(*) FROM T WHERE g = 4"))
    _depots(db, r, one, y)
    resistant = f"""SELECT p FROM (SELECT p, atc, count(*) AS n FROM covered GROUP BY ALL HAVING n >= 42)
      WHERE p IN (SELECT p FROM spdc WHERE year(d) = {y} GROUP BY p HAVING count(*) >= 2)
      GROUP BY p HAVING count(*) >= 2 AND bool_or(atc IN {SECOND})"""
    r.share("S37", 14, *one(f"""SELECT count(*) FILTER (p IN (SELECT p FROM A WHERE atc = 'N05AH02' AND year(d) = {y})),
      count(*) FROM ({resistant})"""))  # fmt: skip
    r.share("S38", 50, *one(f"""WITH stop AS (SELECT p, min(e) AS e FROM run_AP JOIN T USING (p) WHERE g = 4
        AND year(e) = {y} AND (death IS NULL OR e + 30 <= death) GROUP BY p),
      asked AS (SELECT * FROM stop WHERE NOT EXISTS
        (FROM chained c WHERE c.p = stop.p AND c.a <= stop.e + 90 AND c.d >= stop.e))
      SELECT count(*) FILTER (EXISTS (FROM PST_p x WHERE x.p = asked.p AND x.type = '01' AND x.place NOT IN ('5', '6')
        AND x.date BETWEEN asked.e AND asked.e + 90)), count(*) FROM asked"""))  # fmt: skip
    _tests(r, one, y)
    _recurrent(db, r, one, y)
    for g, code in ((4, "S43"), (3, "BP35"), (1, "D21"), (2, "DGP24")):
        part, whole = one(f"""SELECT count(*) FILTER (p IN (SELECT p FROM cdm WHERE year(d) = {y}
          AND (regexp_matches(cause, '^X[67]|^X8[0-4]') OR cause = 'Y870'))), count(*) FROM T WHERE g = {g}""")
        r.line(f"{code}, suicides per 1000 (of {part}; no target)", None, 1000 * part / whole, 0, 2)


def _after_discharge(r, one, y0: str, y1: str) -> None:
    """S17: the dose after a discharge, of the substances that are dispensed again."""
    good, total = one(f"""WITH st AS (SELECT spdc.p, stay, d AS out FROM spdc JOIN T USING (p) WHERE g = 4
        AND d BETWEEN {y0} AND {y1}),
      f AS (SELECT st.*, min(A.d) AS first FROM st JOIN A ON A.p = st.p AND A.d BETWEEN out AND out + 30 GROUP BY ALL),
      x AS (SELECT f.*, A.atc, A.ddds, (SELECT min(b.d) FROM A b WHERE b.p = f.p AND b.atc = A.atc AND b.d > f.first
        AND b.d <= f.first + 90) AS again FROM f JOIN A ON A.p = f.p AND A.d = f.first),
      s AS (SELECT p, stay, sum(ddds / (again - first)) AS dose FROM x WHERE again IS NOT NULL GROUP BY p, stay)
      SELECT count(*) FILTER (dose BETWEEN 1.0 AND 3.333), count(*) FROM s""")
    r.share(f"S17 (of {total} stays)", 60, good, total)


def _persistence(r, one, code: str, klass: str, g: int, y: int) -> None:
    for days, target in ((90, None), (180, 50), (365, None)):
        sql = f"""WITH f AS (SELECT p, min(d) AS d FROM disp JOIN T USING (p) WHERE g = {g} AND {CLASSES[klass]}
            AND year(disp.d) = {y} GROUP BY p),
          u AS (SELECT f.* FROM f WHERE EXISTS (FROM disp x WHERE x.p = f.p AND {CLASSES[klass]}
            AND x.d BETWEEN f.d - 365 AND f.d - 1)),
          w AS (SELECT u.p, u.d, r.e, death FROM u
            JOIN run_{klass} r ON r.p = u.p AND u.d >= r.s AND u.d < r.e JOIN T ON T.p = u.p)
          SELECT count(*) FILTER (e >= d + {days} OR e + 30 > COALESCE(death, DATE '9999-01-01')), count(*) FROM w"""
        r.share(f"{code} at {days} days", target, *one(sql))


def _depots(db, r, one, y: int) -> None:
    db.execute(f"""CREATE OR REPLACE TABLE users AS SELECT p, min(d) AS a, max(d + ceil(round(ddds, 6))::INT - 1) AS b
      FROM A WHERE any_depot AND year(d) = {y} GROUP BY p HAVING count(DISTINCT d) >= 2""")
    r.share("depot users, of T with an antipsychotic (no target)", None, *one(f"""SELECT (SELECT count(*) FROM users),
      count(DISTINCT p) FROM A WHERE year(d) = {y}"""))  # fmt: skip
    good, total = one(f"""WITH u AS (SELECT p, a, least(b, DATE '{y}-12-31') AS b FROM users),
      v AS (SELECT u.*, x.date AS day FROM u JOIN PST_p x ON x.p = u.p AND x.type = '01' AND x.place NOT IN ('5', '6')
        AND x.date BETWEEN a AND b UNION ALL SELECT u.*, a FROM u),
      s AS (SELECT p, COALESCE(lead(day) OVER (PARTITION BY p ORDER BY day), b) - day AS gap FROM v)
      SELECT count(*) FILTER (worst <= 90), count(*) FROM (SELECT p, max(gap) AS worst FROM s GROUP BY p)""")
    r.share("S36", 89, good, total)


def _tests(r, one, y: int) -> None:
    def enough(start: str, end: str, times: int) -> str:
        """True where each test was made on so many days, a hospital stay counting as one of each."""
        stays = f"(SELECT count(*) FROM chained_stay c WHERE c.p = b.p AND c.s <= {end} AND c.e >= {start})"
        made = f"SELECT count(DISTINCT t.d) FROM test t WHERE t.p = b.p AND t.d BETWEEN {start} AND {end}"
        parts = (f"({made} AND t.code = '{code}')" for code in TESTS)
        return " AND ".join(f"{part} + {stays} >= {times}" for part in parts)

    one("CREATE OR REPLACE TABLE chained_stay AS SELECT p, min(a) AS s, max(d) AS e FROM chained GROUP BY p, stay")
    r.share("S19", 14, *one(f"""WITH m AS (SELECT * FROM A WHERE atc IN {METABOLIC}),
        f AS (SELECT p, min(d) AS d FROM m WHERE year(d) = {y} GROUP BY p),
        n AS (SELECT f.* FROM f WHERE NOT EXISTS (FROM m x WHERE x.p = f.p AND x.d BETWEEN f.d - 365 AND f.d - 1)),
        b AS (SELECT n.p, n.d FROM n JOIN run_AP r ON r.p = n.p AND n.d >= r.s AND n.d < r.e AND r.e >= n.d + 84)
      SELECT count(*) FILTER ({enough("b.d", "b.d + 84", 2)}), count(*) FROM b"""))  # fmt: skip
    y0, y1 = f"DATE '{y}-01-01'", f"DATE '{y}-12-31'"
    r.share("S39", 50, *one(f"""WITH b AS (SELECT DISTINCT r.p FROM run_AP r JOIN T USING (p) WHERE g = 4
        AND least(r.e, {y1} + 1) - greatest(r.s, {y0}) >= 180 AND r.p IN (SELECT p FROM A WHERE year(d) < {y}
        AND d >= {y0} - 365))
      SELECT count(*) FILTER ({enough(y0, y1, 1)}), count(*) FROM b"""))  # fmt: skip


def _recurrent(db, r, one, y: int) -> None:
    start, end = f"DATE '{y - 2}-01-01'", f"DATE '{y}-12-31'"
    db.execute(f"""CREATE OR REPLACE TABLE recurrent AS SELECT p FROM T WHERE g = 1 AND (
      p IN (SELECT p FROM (SELECT p, least(e, {end} + 1) - greatest(s, {start}) AS n FROM run_AD) GROUP BY p
        HAVING max(n) >= 730 OR count(*) FILTER (n >= 28) >= 2)
      OR p IN (SELECT p FROM spdc WHERE d BETWEEN {start} AND {end} AND d - a >= 14
        AND (dx LIKE '2962%' OR dx LIKE '2963%' OR dx LIKE '2980%'
          OR rtrim(dx, '0') IN ('3004', '311', '309', '3091'))))""")
    found = one("SELECT count(*) FILTER (p IN (FROM recurrent)), count(*) FROM T WHERE g = 1")
    r.share("D16's, of the depressive (no target)", None, *found)
    for days, target in ((90, None), (180, 45), (365, None)):
        sql = f"""WITH f AS (SELECT p, min(d) AS d FROM disp JOIN recurrent USING (p)
            WHERE {CLASSES["AD"]} AND year(d) = {y} GROUP BY p),
          w AS (SELECT f.p, f.d, r.e, death FROM f
            JOIN run_AD r ON r.p = f.p AND f.d >= r.s AND f.d < r.e JOIN T ON T.p = f.p)
          SELECT count(*) FILTER (e >= d + {days} OR e + 30 > COALESCE(death, DATE '9999-01-01')), count(*) FROM w"""
        r.share(f"D18 at {days} days", target, *one(sql))
