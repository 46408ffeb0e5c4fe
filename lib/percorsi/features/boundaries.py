"""Codes of aziende and DSMs as they are in the evaluation year: what an area is, whatever year a record is of.

The moves (`features.crosswalk`) become one small table, made on the driver: for each azienda and year that moves, the
codes of its DSMs in the evaluation year. Forward every code has one answer. Backward a merger has several, of which one
is left by the register of services of the evaluation year, where it has the structure; by the row of that structure; by
the DSMs that the register has; else there is none (docs/decisions/0121).
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from percorsi.cohorts.window import EvaluationWindow
from percorsi.features.crosswalk import Code, Crosswalk, Move
from percorsi.small_frame import small_frame

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

_SCHEMA = """_region string, _azienda string, _year int, _moves map<string, struct<azienda: string, dsm: string>>"""
# (region, azienda, year) -> (DSM, structure), either may be empty for any -> the code of the evaluation year, or none
Answers = dict[tuple[str, str, int], dict[tuple[str, str], Code | None]]


@dataclass
class Register:
    """What the register of services of the evaluation year has: DSMs and structures by region."""

    dsms: dict[str, set[Code]] = field(default_factory=dict)
    structures: dict[tuple[str, str], set[Code]] = field(default_factory=dict)

    def add(self, region: str, azienda: str, dsm: str, structure: str) -> None:
        self.dsms.setdefault(region, set()).add(Code(azienda, dsm))
        self.structures.setdefault((region, structure), set()).add(Code(azienda, dsm, structure))


class Boundaries:
    """The boundaries of one evaluation year. `service`: rows of `conformed/service`."""

    def __init__(self, crosswalk: Crosswalk, service: "DataFrame", window: EvaluationWindow) -> None:
        self._spark = service.sparkSession
        self._answers = answers(crosswalk, _register(crosswalk, service, window), window)
        self._earliest = earliest_year(crosswalk, window)

    def of_year(self, rows: "DataFrame", into: tuple[str, str] = ("azienda", "dsm")) -> "DataFrame":
        """`rows` (region, azienda, dsm, structure, year and more) with azienda and dsm as they are in the evaluation
        year, in the columns `into`; both null where that cannot be told. One broadcast join, none where nothing moves.
        """
        from pyspark.sql import functions as F

        if not self._answers:
            return rows.withColumns({into[0]: F.col("azienda"), into[1]: F.col("dsm")})
        dsm, structure = "coalesce(dsm, '')", "coalesce(structure, '')"
        exact = f"concat({dsm}, '|', {structure})"
        found = f"""case when _moves is null then struct(azienda, dsm)
            when map_contains_key(_moves, {exact}) then _moves[{exact}]
            when map_contains_key(_moves, concat({dsm}, '|')) then _moves[concat({dsm}, '|')]
            when map_contains_key(_moves, '|') then
                struct(_moves['|'].azienda as azienda, if(_moves['|'] is null, null, dsm) as dsm)
            else struct(azienda, dsm) end"""
        same = [F.col("region") == F.col("_region"), F.col("azienda") == F.col("_azienda")]
        year = F.greatest(F.col("year"), F.lit(self._earliest)) == F.col("_year")
        return (
            rows.join(F.broadcast(self._table()), [*same, year], "left")
            .withColumn("_code", F.expr(found))
            .withColumns({into[0]: F.col("_code.azienda"), into[1]: F.col("_code.dsm")})
            .drop("_code", "_region", "_azienda", "_year", "_moves")
        )

    def _table(self) -> "DataFrame":
        rows = [
            (*key, {"|".join(of): code and {"azienda": code.azienda, "dsm": code.dsm} for of, code in told.items()})
            for key, told in sorted(self._answers.items())
        ]
        return small_frame(self._spark, rows, _SCHEMA)


def _register(crosswalk: Crosswalk, service: "DataFrame", window: EvaluationWindow) -> Register:
    """Asked only of regions whose codes of the year after have to be led back."""
    regions = sorted({move.region for move in crosswalk.between(window.year + 1, window.last_year)})
    register = Register()
    if regions:
        rows = service.where(service["year"] == window.year).where(service["region"].isin(regions))
        for row in rows.select("region", "azienda", "dsm", "structure").distinct().collect():
            register.add(*row)
    return register


def earliest_year(crosswalk: Crosswalk, window: EvaluationWindow) -> int:
    """The year before the first move, at the latest the evaluation year: an earlier code is what it is in this one."""
    return min((window.year, *(move.year - 1 for move in crosswalk.moves)))


def answers(crosswalk: Crosswalk, register: Register, window: EvaluationWindow) -> Answers:
    """All codes that are other ones in the evaluation year, from `earliest_year` to the data end. The
    evaluation year has none."""
    told: Answers = {}
    for year in range(earliest_year(crosswalk, window), window.last_year + 1):
        low, high = sorted((year, window.year))
        moves = crosswalk.between(low + 1, high)
        for region in sorted({move.region for move in moves}):
            own = [move for move in moves if move.region == region]
            rows = _forward if year < window.year else _backward
            for code, answer in rows(crosswalk, register, window, region, year, own):
                told.setdefault((region, code.azienda, year), {})[code.dsm, code.structure] = answer
    return {
        key: _needed(codes)
        for key, codes in told.items()
        if any(code is None or code[:2] != (key[1], dsm) for (dsm, _), code in codes.items())
    }


def _needed(codes: dict[tuple[str, str], Code | None]) -> dict[tuple[str, str], Code | None]:
    """Without the structures that are where their DSM is."""
    of_dsm = {dsm: code and code[:2] for (dsm, structure), code in codes.items() if not structure}
    return {
        (dsm, structure): code
        for (dsm, structure), code in codes.items()
        if not structure or dsm not in of_dsm or (code and code[:2]) != of_dsm[dsm]
    }


def _forward(
    crosswalk: Crosswalk, register: Register, window: EvaluationWindow, region: str, year: int, moves: list[Move]
) -> Iterator[tuple[Code, Code]]:
    for azienda in {move.code.azienda for move in moves}:
        for code in _codes(azienda, moves, {move.code.dsm for move in moves}):
            yield code, crosswalk.forward(region, code, year, window.year)


def _backward(
    crosswalk: Crosswalk, register: Register, window: EvaluationWindow, region: str, year: int, moves: list[Move]
) -> Iterator[tuple[Code, Code | None]]:
    known = register.dsms.get(region, set())
    dsms = {code.dsm for move in moves for code in (move.code, move.to)} | {code.dsm for code in known}
    for azienda in {move.to.azienda for move in moves}:
        for code in _codes(azienda, moves, dsms):
            certain, doubtful = crosswalk.backward(region, code, year, window.year)
            there = {c for c in certain | doubtful if c._replace(structure="") in known}
            possible = there or certain
            yield code, possible.pop() if len(possible) == 1 else None
    led: dict[Code, set[Code]] = {}
    for (of_region, _), codes in register.structures.items():
        for code in codes if of_region == region else ():
            led.setdefault(crosswalk.forward(region, code, window.year, year), set()).add(code)
    moved = {move.to.azienda for move in moves}
    yield from ((code, of.pop()) for code, of in led.items() if len(of) == 1 and code.azienda in moved)


def _codes(azienda: str, moves: list[Move], dsms: set[str]) -> Iterator[Code]:
    """The codes of an azienda that may each have an answer of their own, `any` among them."""
    for dsm in dsms | {""}:
        yield Code(azienda, dsm)
        yield from (Code(azienda, dsm, move.code.structure) for move in moves if dsm and move.code.structure)
