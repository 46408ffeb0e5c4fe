"""A slow and plain reading of a synthetic nation's files into DuckDB: current records, persons, the treated of a year.

It shares no line with the library; the rules are the measurement manual's, as far as the targets need them.
"""

from pathlib import Path

import duckdb

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
RANK = "CASE op WHEN 'C' THEN 2 WHEN 'V' THEN 1 ELSE 0 END DESC"  # in a file corrections follow what they correct
DATES = {"PST": ["date"], "PSS": ["date"], "CNT": ["opening", "closing"], "PSR": ["admission", "discharge"]}
DATES["CNR"] = DATES["CNT"]

PATHWAY = """CASE
 WHEN {0} LIKE '295%' OR {0} LIKE '297%' OR rtrim({0}, '0') IN ('2981','2982','2983','2984','2988','2989') THEN 4
 WHEN substr({0}, 1, 4) IN ('2960','2961','2964','2965','2966','2967','2968') THEN 3
 WHEN rtrim({0}, '0') IN ('3013','3015','30159','30181','30183') AND {0} <> '3015' THEN 2
 WHEN substr({0}, 1, 4) IN ('2962','2963','2980') OR rtrim({0}, '0') IN ('3004','311','309','3091')
 AND {0} <> '309' THEN 1
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
            cards = "SELECT DISTINCT region, link, contact, dx_open, year FROM raw WHERE op <> 'C'"
            db.execute(f"CREATE TABLE opened AS {cards}")
        keep, valid = "* EXCLUDE (id_rec, op, k)", VALID[flow]
        last = f"QUALIFY row_number() OVER (PARTITION BY k ORDER BY {RANK}) = 1 AND op <> 'C'"
        # a window over all keys is dear where hardly any comes twice
        db.execute(f"CREATE TABLE twice AS SELECT k FROM raw WHERE {valid} GROUP BY k HAVING count(*) > 1")
        db.execute(
            f"CREATE TABLE {flow} AS SELECT {keep} FROM raw WHERE {valid} AND op <> 'C' AND k NOT IN (FROM twice) "
            f"UNION ALL SELECT {keep} FROM raw WHERE {valid} AND k IN (FROM twice) {last}"
        )
        db.execute("DROP TABLE raw; DROP TABLE twice")
    own = "delim='~', header=true, all_varchar=true, quote='', nullstr='\x01'"
    db.execute(
        f"CREATE TABLE sdo AS SELECT * FROM read_csv('{delivery}/SDO_*.csv', {own}) WHERE REGIME IN ('1', '2') "
        f"QUALIFY row_number() OVER (PARTITION BY REGIONE, ISTITUTO, ANNO, SCHEDA ORDER BY {RANK}) = 1 AND OP <> 'C'"
    )
    db.execute(f"CREATE TABLE str AS SELECT * FROM read_csv('{delivery}/STR_*.csv', {own})")
    person = "CASE WHEN id_type = '99' THEN hash(link, 'local') ELSE hash(cuni) END"
    db.execute(
        f"CREATE TABLE who AS SELECT link, {person} AS p, year, period, CAST(birth AS INT) AS birth, sex, living, "
        f"0 AS register FROM ANT UNION ALL "
        f"SELECT link, {person}, year, period, CAST(birth AS INT), sex, living, 1 FROM ANR"
    )
    db.execute("CREATE TABLE links AS SELECT link, any_value(p) AS p FROM who GROUP BY link")
    for flow in ("CNT", "CNR", "PST", "PSR", "PSS"):
        db.execute(f"CREATE TABLE {flow}_p AS SELECT p, t.* EXCLUDE (link) FROM {flow} t JOIN links USING (link)")


def derive(db: duckdb.DuckDBPyConnection, y: int, truth: Path | None) -> None:
    """Stays, deaths, pathways, the treated of the year. Deaths: of the truth, where given (a register would know
    them), else those that SISM and SDO tell."""
    dead = "SELECT p, death FROM told_dead"
    if truth:
        dead = (
            f"SELECT hash(cuni) AS p, min(death) AS death FROM '{truth}/person_year_*.parquet' "
            "WHERE death IS NOT NULL GROUP BY 1"
        )
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
  FROM (SELECT * FROM CNT_p UNION ALL SELECT * FROM CNR_p) WHERE year <= '{y}'
  GROUP BY p, region, azienda, dsm, structure, contact;
CREATE TABLE told AS SELECT p, w, {PATHWAY.format("dx")} AS g FROM (
  SELECT p, CASE WHEN closing <= {y1} AND dx_close <> 'xxxxx' THEN closing ELSE opening END AS w,
    CASE WHEN closing <= {y1} AND dx_close <> 'xxxxx' THEN dx_close ELSE dx_open END AS dx
  FROM spells WHERE opening <= {y1} AND closing >= {y0});
CREATE TABLE days AS SELECT p, date AS day FROM PST_p UNION ALL SELECT p, date FROM PSS_p UNION ALL
  SELECT p, unnest(generate_series(a, d, INTERVAL 1 DAY))::DATE FROM spdc WHERE d >= {y0} AND a <= {y1} + 366;
CREATE TABLE beds AS SELECT p, contact, admission,
  max(COALESCE(discharge, make_date(CAST(year AS INT), CASE period WHEN 'S1' THEN 6 ELSE 12 END,
  CASE period WHEN 'S1' THEN 30 ELSE 31 END))) AS leaves FROM PSR_p GROUP BY ALL;
INSERT INTO days SELECT p,
  unnest(generate_series(greatest(admission, {y0}), least(leaves, {y1} + 366), INTERVAL 1 DAY))::DATE
  FROM beds WHERE leaves >= {y0} AND admission <= {y1} + 366;
CREATE TABLE contact AS SELECT p, min(day) AS c FROM days WHERE day BETWEEN {y0} AND {y1} GROUP BY p;
CREATE TABLE earliest AS SELECT p, min(x) AS f FROM (SELECT p, min(day) AS x FROM days GROUP BY p UNION ALL
  SELECT p, min(opening) FROM (SELECT p, opening FROM CNT_p UNION ALL SELECT p, opening FROM CNR_p) GROUP BY p UNION ALL
  SELECT p, min(admission) FROM beds GROUP BY p UNION ALL SELECT p, min(a) FROM spdc GROUP BY p) GROUP BY p;
CREATE TABLE path AS SELECT p, COALESCE(any_value(s.g), any_value(h.g)) AS g FROM
  (SELECT p, arg_max(g, (w, g)) AS g FROM told WHERE g IS NOT NULL GROUP BY p) s FULL JOIN
  (SELECT p, arg_max({PATHWAY.format("dx")}, d) AS g FROM spdc WHERE d BETWEEN {y0} AND {y1}
   AND ({PATHWAY.format("dx")}) IS NOT NULL GROUP BY p) h USING (p) GROUP BY p;
CREATE TABLE T AS SELECT p, g, c, f, birth, sex, living, death, f >= {y0} AS new, {y} - birth AS age
  FROM contact JOIN path USING (p)
  JOIN attribute USING (p) LEFT JOIN earliest USING (p) LEFT JOIN dead USING (p) WHERE {y} - birth >= 18;
CREATE TABLE act AS SELECT p, count(*) AS n, count(*) FILTER (type IN ('09','12','13','14')) AS family,
  count(*) FILTER (type IN ('13','14')) AS education, count(*) FILTER (type IN ('07','08','09','10')) AS therapy,
  count(*) FILTER (type = '02') AS talks, count(*) FILTER (type IN ('16','17')) AS skills,
  count(*) FILTER (type NOT IN ('15','26') AND '1' IN (op1, op2, op3)) AS doctor,
  count(*) FILTER (type NOT IN ('15','26')
    AND (op1 BETWEEN '2' AND '6' OR op2 BETWEEN '2' AND '6' OR op3 BETWEEN '2' AND '6')) AS others
  FROM PST_p WHERE year(date) = {y} GROUP BY p;
CREATE TABLE pres AS SELECT p, count(*) AS n FROM PSS_p WHERE year(date) = {y} GROUP BY p;
"""
    )
