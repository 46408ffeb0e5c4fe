"""The check of the catalogue as a whole: every fault at once, before Spark starts.

Rules, as they stand in `Fault.rule`: those of reading (`yaml`, `schema`, `cards`, `doubled_measure`, `doubled_card`);
`unknown_grain`, `unknown_kind`, `unknown_cohort`, `unknown_flow`, `bad_period`; `doubled_code`, `no_card`,
`other_pathway`; of what a kind has `no_numerator`, `no_mean` (value or per of another kind), `mean_without_value`,
`mean_with_numerator`, `gap_with_numerator`, `bad_per`, `ratio_without_time`, `bad_parameter`; of components `no_main`,
`unknown_main`; `doubled_clause`, `doubled_parameter`, `missing_parameter`, `unused_parameter`, `unknown_parameter`,
`other_type`, `parameter_of_features` (the name of one); of a clause `syntax`, `language`, `no_condition`, `no_value` (a
condition where a number is asked), `unknown_column`, `type`, `bare_threshold`; `empty_person`. Everything is asked of
each component, with the parameters it has.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping

from percorsi.indicators import clauses
from percorsi.indicators.clauses import ClauseError
from percorsi.indicators.entries import COHORTS, Entries, Fault, MeasureEntry
from percorsi.indicators.kind import GAP, MEAN, RATIO
from percorsi.indicators.kinds import KINDS
from percorsi.indicators.needs import FLOWS, OR, parse_need
from percorsi.settings import Parameters

RESERVED = ("pathway", "population", "numerator", "value", "per")  # names that the compiled measure gives itself

WHOLE = ("int", "bigint", "smallint", "tinyint")  # types of columns that the value of a mean may be made of

Found = Iterator[tuple[str, str]]  # rule, detail


def check(entries: Entries, columns: Mapping[str, Mapping[str, str]]) -> list[Fault]:
    """All faults of entries that could be read. `columns`: grain -> column -> Spark type."""
    faults = [Fault(COHORTS, name, *found) for name in entries.cohorts for found in _cohort(name, entries)]
    for name, entry in entries.measures.items():
        found = [
            *_named(entry, entries, columns),
            *_kind(entry),
            *_main(entry),
            *_among(entry, entries),
            *_indicators(entry, entries),
            *_needs(entry),
        ]
        if entry.grain in columns and entries.has_cohort(entry.cohort):
            found += [*_parameters(entry, entries), *_clauses(entry, entries, columns[entry.grain])]
        faults += [Fault(entries.files[name], name, *one) for one in found]
    return faults + list(_doubled_codes(entries))


def _cohort(name: str, entries: Entries) -> Found:
    if not entries.has_cohort(name):
        yield "unknown_cohort", "extends a cohort that is not there, or itself"
        return
    parameters, conditions = entries.cohort(name)
    used, all_parsed = _used((clauses.parse, sql) for sql in conditions.values())
    for missing in sorted(used - set(parameters)):
        yield "missing_parameter", f"a clause uses the parameter '{missing}', which has no value"
    for unused in sorted(set(parameters) - used) if all_parsed else ():
        yield "unused_parameter", f"no clause uses the parameter '{unused}'"


def _named(entry: MeasureEntry, entries: Entries, columns: Mapping) -> Found:
    for rule, asked, known in (
        ("unknown_grain", entry.grain, columns),
        ("unknown_kind", entry.kind, KINDS),
        ("unknown_cohort", entry.cohort, entries.cohorts),
    ):
        if asked not in known:
            yield rule, f"'{asked}' is none of {', '.join(sorted(known))}"


def _needs(entry: MeasureEntry) -> Found:
    for flow, periods in entry.needs.items():
        if not set(flow.split(OR)) <= set(FLOWS):
            yield "unknown_flow", f"'{flow}' is none of {', '.join(FLOWS)}"
        for period in periods:
            try:
                parse_need(flow, period)
            except ValueError as error:
                yield "bad_period", str(error)


def _indicators(entry: MeasureEntry, entries: Entries) -> Found:
    for code, said in entry.indicators.items():
        card = entries.cards.get(code)
        if card is None:
            yield "no_card", f"{code} has no card in the agreement"
        elif card.pathway != said.pathway:
            yield "other_pathway", f"{code} is {said.pathway} here and {card.pathway} on its card"


def _doubled_codes(entries: Entries) -> Iterator[Fault]:
    owner: dict[str, str] = {}
    for name, entry in entries.measures.items():
        for code in entry.indicators:
            if code in owner:
                yield Fault(entries.files[name], name, "doubled_code", f"{code} is an indicator of {owner[code]} too")
            owner.setdefault(code, name)


def _kind(entry: MeasureEntry) -> Found:
    """Whether the entry has what its kind needs, and no more."""
    numerators = [part.numerator or entry.numerator for part in entry.parts().values()]
    if entry.kind == MEAN:
        if entry.value is None:
            yield "mean_without_value", "a mean needs the value of each unit"
        if any(numerators):
            yield "mean_with_numerator", "a mean has a value and no numerator"
        return
    if entry.kind == GAP:
        if any(numerators):
            yield "gap_with_numerator", "of a gap all of the population are treated: it has no numerator"
    elif not all(numerators):
        yield "no_numerator", "a numerator is needed, of the measure or of every component"
    if entry.kind == RATIO and (entry.per is None or entry.grain != "person_year"):
        yield "ratio_without_time", "a ratio of mortality is of person_year, `per` the column of the days at risk"
    for name in ("value",) if entry.kind == RATIO else ("value", "per"):
        if getattr(entry, name) is not None:
            yield "no_mean", f"'{name}' belongs to a mean"


def _main(entry: MeasureEntry) -> Found:
    if entry.components and entry.main is None and "" not in entry.components:
        yield "no_main", "one of the components is the value: name it as main"
    if entry.main is not None and entry.main not in entry.components:
        yield "unknown_main", f"'{entry.main}' is none of the components"


def _among(entry: MeasureEntry, entries: Entries) -> Found:
    """Whether the measure in whose numerator the population lies is there, with these components and pathways."""
    if entry.among is None:
        return
    other = entries.measures.get(entry.among.measure)
    if other is None:
        yield "unknown_measure", f"among: there is no measure '{entry.among.measure}'"
        return
    if other.grain != entry.grain:
        yield "other_grain", f"among: '{entry.among.measure}' has another grain"
    for name in entry.among.components:
        if name not in other.components:
            yield "unknown_component", f"among: '{name}' is no component of '{entry.among.measure}'"
    missing = {said.pathway for said in entry.indicators.values()} - {s.pathway for s in other.indicators.values()}
    if missing:
        yield "other_pathway", f"among: '{entry.among.measure}' has no indicator of {', '.join(sorted(missing))}"


def _parameters(entry: MeasureEntry, entries: Entries) -> Found:
    inherited, conditions = entries.cohort(entry.cohort)
    for name in sorted(set(inherited) & set(entry.parameters)):
        yield "doubled_parameter", f"'{name}' is a parameter of the cohort {entry.cohort} already"
    for name in sorted({*entry.parameters, *(n for said in entry.parts().values() for n in said.parameters)}):
        if name in Parameters.model_fields:
            yield (
                "parameter_of_features",
                f"'{name}' is the name of a number of the feature stage",
            )
    of_kind = KINDS[entry.kind].parameters if entry.kind in KINDS else {}
    yield from _of_kind(entry, of_kind)
    known = {**inherited, **entry.parameters}
    main = entry.parts().get(entry.main_part())
    yield from _reading(entry.reading, {**known, **(main.parameters if main else {})})
    reached: set[str] = set()  # parameters of the measure whose value some component is asked with
    every_part_parsed = True
    for part, said in entry.parts().items():
        where = f"component {part}: " if part else ""
        numerator = said.numerator or entry.numerator
        names = Counter([*RESERVED, *conditions, *entry.population, *said.population, *numerator])
        for name in sorted(name for name, times in names.items() if times > 1):
            yield "doubled_clause", f"{where}the name '{name}' is taken"
        used, all_parsed = _used(clauses.asked(entry, said))
        used |= set(of_kind)
        every_part_parsed = every_part_parsed and all_parsed
        reached |= used - set(said.parameters)
        for name in sorted(used - set(known) - set(said.parameters)):
            yield "missing_parameter", f"{where}a clause uses the parameter '{name}', which has no value"
        for name, value in said.parameters.items():
            if name in inherited:
                yield "doubled_parameter", f"{where}'{name}' is a parameter of the cohort {entry.cohort} already"
            elif name in known and name not in of_kind and not clauses.fits(value, type(known[name])):
                yield "other_type", f"{where}gives '{name}' a value of another type"
            elif name not in used and all_parsed:
                yield "unused_parameter", f"{where}no clause uses the parameter '{name}'"
    for name in sorted(set(entry.parameters) - reached) if every_part_parsed else ():
        yield "unused_parameter", f"no clause uses the parameter '{name}' with the measure's own value"
    for code, said in entry.indicators.items():
        for name, value in said.parameters.items():
            if name not in known:
                yield "unknown_parameter", f"{code} gives '{name}', which is no parameter of the measure"
            elif name not in of_kind and not clauses.fits(value, type(known[name])):
                yield "other_type", f"{code} gives '{name}' a value of another type"


def _of_kind(entry: MeasureEntry, of_kind: Mapping) -> Found:
    """The parameters that the kind itself reads: each there, and with a value it may have, wherever one is given."""
    for name in of_kind:
        if name not in entry.parameters:
            yield "missing_parameter", f"the kind {entry.kind} reads the parameter '{name}', which has no value"
    for said in (entry, *entry.parts().values(), *entry.indicators.values()):
        for name, value in said.parameters.items():
            if name in of_kind and (wrong := outside(of_kind[name], value)):
                yield "bad_parameter", f"'{name}' {wrong}"


def outside(allowed: tuple[str, ...] | type, value: object) -> str | None:
    """Why a parameter of a kind cannot have a value, None where it can."""
    if isinstance(allowed, tuple):
        return None if value in allowed else f"is none of {', '.join(allowed)}"
    return None if clauses.fits(value, allowed) else f"is no {allowed.__name__}"


def _reading(reading: str, known: Mapping) -> Found:
    """A threshold in the reading is `{name}`, so that it says what another parameter makes of it."""
    try:
        reading.format(**known)
    except (KeyError, IndexError, ValueError, AttributeError) as error:
        yield "missing_parameter", f"the reading names {error}, which is no parameter"


def _clauses(entry: MeasureEntry, entries: Entries, columns: Mapping[str, str]) -> Found:
    """The clauses of the measure and of its components, each told of once however many components have it."""
    parameters, conditions = entries.cohort(entry.cohort)
    parameters = {**parameters, **entry.parameters}
    told: dict[tuple[str, str], None] = {}
    for part, said in entry.parts().items():
        known = {**parameters, **said.parameters}
        population = {**conditions, **entry.population, **said.population}
        asked = {**population, **(said.numerator or entry.numerator)}
        faults = [
            (rule, f"{name}: {detail}") for name, sql in asked.items() for rule, detail in _clause(sql, columns, known)
        ]
        # Of somebody of whom nothing is known nothing may be said: such a population would depend on which rows happen
        # to stand in the feature table. The pathway, which nobody unknown has, is left out so that it cannot hide the
        # fault.
        trees = [] if faults else [clauses.parse(sql) for sql in population.values()]
        sound = not faults and clauses.parameters(*trees) <= set(known)
        if sound and all(clauses.evaluate(tree, {}, known) is True for tree in trees):
            where = f"component {part}: " if part else ""
            faults.append(("empty_person", f"{where}the population holds of a person of whom nothing is known"))
        if entry.value is not None:
            faults += _value(entry.value, columns, known)
        told.update(dict.fromkeys(faults))
    yield from told
    if entry.per is not None and columns.get(entry.per) != "int":
        yield "bad_per", f"'{entry.per}' is no column of whole numbers (int)"


def _value(sql: str, columns: Mapping[str, str], parameters: Mapping) -> Found:
    """The value of a mean: whole numbers, of columns and parameters of whole numbers."""
    found = list(_expression(sql, columns, parameters, clauses.parse_value, clauses.check_types))
    yield from ((rule, f"value: {detail}") for rule, detail in found)
    if found:
        return
    tree = clauses.parse_value(sql)
    for name in sorted(clauses.columns(tree)):
        if columns[name] not in WHOLE:
            yield "type", f"value: '{name}' is no column of whole numbers"
    for name in sorted(clauses.parameters(tree)):
        if name in parameters and type(parameters[name]) is not int:
            yield "type", f"value: '{name}' is no whole number"


def _clause(sql: str, columns: Mapping[str, str], parameters: Mapping) -> Found:
    yield from _expression(sql, columns, parameters, clauses.parse, clauses.check_condition)


def _expression(
    sql: str, columns: Mapping[str, str], parameters: Mapping, parse: Callable, check_types: Callable
) -> Found:
    try:
        tree = parse(sql)
    except ClauseError as error:
        yield error.rule, str(error)
        return
    unknown = sorted(clauses.columns(tree) - set(columns))
    for name in unknown:
        yield "unknown_column", f"'{name}' is no documented column of the grain"
    for number in clauses.bare_numbers(tree):
        yield "bare_threshold", f"{number} is a threshold: give it a name among the parameters"
    if not unknown and clauses.parameters(tree) <= set(parameters):
        try:
            check_types(tree, columns, parameters)
        except ClauseError as error:
            yield error.rule, str(error)


def _used(asked: Iterable[tuple[Callable, str]]) -> tuple[set[str], bool]:
    """The parameters that clauses use, each given with what parses it, and whether all of them could be parsed; one
    that cannot is a fault of its own."""
    used: set[str] = set()
    all_parsed = True
    for parse, sql in asked:
        try:
            used |= clauses.parameters(parse(sql))
        except ClauseError:
            all_parsed = False
    return used, all_parsed
