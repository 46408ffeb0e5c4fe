"""The check of the catalogue as a whole: every fault at once, before Spark starts.

Rules, as they stand in `Fault.rule`: those of reading (`yaml`, `schema`, `cards`, `doubled_measure`, `doubled_card`);
`unknown_grain`, `unknown_kind`, `unknown_cohort`, `unknown_flow`, `bad_period`; `doubled_code`, `no_card`,
`other_pathway`; `doubled_clause`, `doubled_parameter`, `missing_parameter`, `unused_parameter`, `unknown_parameter`,
`other_type`; of a clause `syntax`, `language`, `no_condition`, `unknown_column`, `type`, `bare_threshold`;
`empty_person`.
"""

from collections import Counter
from collections.abc import Iterator, Mapping

from percorsi.indicators import clauses
from percorsi.indicators.clauses import ClauseError
from percorsi.indicators.entries import COHORTS, Entries, Fault, MeasureEntry
from percorsi.indicators.kinds import KINDS
from percorsi.indicators.needs import FLOWS, parse_need

RESERVED = ("pathway", "population", "numerator")  # names that the compiled measure gives itself

Found = Iterator[tuple[str, str]]  # rule, detail


def check(entries: Entries, columns: Mapping[str, Mapping[str, str]]) -> list[Fault]:
    """All faults of entries that could be read. `columns`: grain -> column -> Spark type."""
    faults = [Fault(COHORTS, name, *found) for name in entries.cohorts for found in _cohort(name, entries)]
    for name, entry in entries.measures.items():
        found = [*_named(entry, entries, columns), *_indicators(entry, entries), *_needs(entry)]
        if entry.grain in columns and entries.has_cohort(entry.cohort):
            found += [*_parameters(entry, entries), *_clauses(entry, entries, columns[entry.grain])]
        faults += [Fault(entries.files[name], name, *one) for one in found]
    return faults + list(_doubled_codes(entries))


def _cohort(name: str, entries: Entries) -> Found:
    if not entries.has_cohort(name):
        yield "unknown_cohort", "extends a cohort that is not there, or itself"
        return
    parameters, conditions = entries.cohort(name)
    used, all_parsed = _used(conditions)
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
        if flow not in FLOWS:
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


def _parameters(entry: MeasureEntry, entries: Entries) -> Found:
    inherited, conditions = entries.cohort(entry.cohort)
    for name in sorted(set(inherited) & set(entry.parameters)):
        yield "doubled_parameter", f"'{name}' is a parameter of the cohort {entry.cohort} already"
    names = Counter([*RESERVED, *conditions, *entry.population, *entry.numerator])
    for name in sorted(name for name, times in names.items() if times > 1):
        yield "doubled_clause", f"the name '{name}' is taken"
    known = {**inherited, **entry.parameters}
    yield from _reading(entry.reading, known)
    own = {**entry.population, **entry.numerator}
    used, all_parsed = _used(own)
    for name in sorted(used - set(known)):
        yield "missing_parameter", f"a clause uses the parameter '{name}', which has no value"
    for name in sorted(set(entry.parameters) - used) if all_parsed else ():
        yield "unused_parameter", f"no clause uses the parameter '{name}'"
    for code, said in entry.indicators.items():
        for name, value in said.parameters.items():
            if name not in known:
                yield "unknown_parameter", f"{code} gives '{name}', which is no parameter of the measure"
            elif type(value) is not type(known[name]):
                yield "other_type", f"{code} gives '{name}' a value of another type"


def _reading(reading: str, known: Mapping) -> Found:
    """A threshold in the reading is `{name}`, so that it says what another parameter makes of it."""
    try:
        reading.format(**known)
    except (KeyError, IndexError, ValueError, AttributeError) as error:
        yield "missing_parameter", f"the reading names {error}, which is no parameter"


def _clauses(entry: MeasureEntry, entries: Entries, columns: Mapping[str, str]) -> Found:
    parameters, conditions = entries.cohort(entry.cohort)
    parameters = {**parameters, **entry.parameters}
    population = {**conditions, **entry.population}
    sound = _used(population)[0] <= set(parameters)
    for name, sql in [*population.items(), *entry.numerator.items()]:
        for rule, detail in _clause(sql, columns, parameters):
            sound = False
            yield rule, f"{name}: {detail}"
    # Of somebody of whom nothing is known nothing may be said: such a population would depend on which rows happen to
    # stand in the feature table. The pathway, which nobody unknown has, is left out so that it cannot hide the fault.
    if sound and all(clauses.evaluate(tree, {}, parameters) is True for _, tree in _parsed(population)):
        yield "empty_person", "the population holds of a person of whom nothing is known"


def _clause(sql: str, columns: Mapping[str, str], parameters: Mapping) -> Found:
    try:
        tree = clauses.parse(sql)
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
            clauses.check_types(tree, columns, parameters)
        except ClauseError as error:
            yield error.rule, str(error)


def _used(conditions: Mapping[str, str]) -> tuple[set[str], bool]:
    """The parameters that clauses use, and whether every clause could be asked."""
    trees = [tree for _, tree in _parsed(conditions)]
    return set().union(*map(clauses.parameters, trees)), len(trees) == len(conditions)


def _parsed(conditions: Mapping[str, str]) -> Iterator[tuple[str, object]]:
    """The clauses that can be parsed; the others are faults of their own."""
    for name, sql in conditions.items():
        try:
            yield name, clauses.parse(sql)
        except ClauseError:
            continue
