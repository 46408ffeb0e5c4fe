"""Reformulations: parameters that a region reads otherwise, for values of its own beside the national reading.

`conf/reformulations/<region>.yaml` says, for a code (or a component, `S33/a`), which parameters of the catalogue the
region reads otherwise: `S20: {days: 30}`. Such a reformulation is one more expression of the same pass. Under
`features` it says which numbers of the making of the features (`conf/base/parameters.yaml`) the region reads
otherwise: `features: {therapy_gap_days: 60}`. These hold for all indicators: the nation's features of the year are made
with them, and all is computed on those for the region. Either is shown for its region and never in place of the
national reading.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd
from pydantic import ValidationError

from percorsi.errors import CatalogueError, ConfigurationError
from percorsi.home import Home
from percorsi.indicators import clauses
from percorsi.indicators.catalogue import Catalogue, Component, Measure
from percorsi.indicators.check import outside
from percorsi.indicators.clauses import Scalar
from percorsi.indicators.kinds import KINDS
from percorsi.regions import regions
from percorsi.settings import Parameters, conf_dir, load_yaml

TABLE = "reformulated_value"
FEATURES = "features"  # the key beside the codes


@dataclass(frozen=True)
class Reformulation:
    """What one region reads otherwise: (code, component) -> parameters; component '' of an indicator without any.

    `features`: numbers of the making of the features, which hold for all indicators; empty where the region has the
    nation's.
    """

    region: str
    by_component: Mapping[tuple[str, str], Mapping[str, Scalar]]
    features: Mapping[str, Any] = field(default_factory=dict)

    def parameters(self, code: str, component: str) -> Mapping[str, Scalar]:
        """Those of the catalogue for a component, empty where it is asked as in the nation."""
        return self.by_component.get((code, component), {})

    def all_parameters(self, code: str, component: str) -> Mapping[str, Any]:
        """Those of the catalogue for a component, and those of the features: no name is in both."""
        return {**self.parameters(code, component), **self.features}

    def feature_parameters(self, national: Parameters) -> Parameters:
        """The nation's, with those that the region reads otherwise."""
        return national.model_copy(update=dict(self.features))


def as_text(parameters: Mapping[str, Any]) -> str:
    """`days=30, times=2`; a list as `order=[one, other]`."""
    return ", ".join(f"{name}={_value_as_text(value)}" for name, value in sorted(parameters.items()))


def _value_as_text(value: Any) -> str:
    return f"[{', '.join(value)}]" if isinstance(value, list) else clauses.literal(value)


def definitions(reformulations: Mapping[str, Reformulation]) -> dict[str, Any]:
    """What decides reformulated values, as plain data: region -> `features`, code or `code/component` -> parameters."""
    return {
        region: {
            **({FEATURES: dict(own.features)} if own.features else {}),
            **{
                (f"{code}/{component}" if component else code): dict(parameters)
                for (code, component), parameters in sorted(own.by_component.items())
            },
        }
        for region, own in sorted(reformulations.items())
    }


def load_reformulations(
    catalogue: Catalogue, folder: Path | None = None, national: Parameters | None = None
) -> dict[str, Reformulation]:
    """Region -> its reformulation, of all files of the folder (conf/reformulations), checked against the catalogue.

    `national`: the numbers of the making of the features that a region's stand among, by default the declared ones.
    Raises CatalogueError with every fault there is; Spark is not needed. A folder that is not there holds none.
    """
    found, faults, national = {}, [], national or Parameters()
    for path in sorted((folder or conf_dir() / "reformulations").glob("*.yaml")):
        try:
            content = load_yaml(path)
        except ConfigurationError as error:
            faults.append(error.message)
            continue
        own = [f"unknown region '{path.stem}': the file is named by the three digits of one"]
        own = ([] if path.stem in regions() else own) + [
            fault
            for key, given in content.items()
            for fault in (_feature_faults(given, national) if key == FEATURES else _faults(key, given, catalogue))
        ]
        faults += [f"{path.name}: {fault}" for fault in own]
        if not own and content:
            features = content.pop(FEATURES, {})
            found[path.stem] = Reformulation(path.stem, dict(_effective(content, catalogue)), features)
    if faults:
        raise CatalogueError("\n".join(faults), next_step="correct the reformulations named; nothing was computed")
    return found


def _feature_faults(given: Any, national: Parameters) -> Iterator[str]:
    """What is wrong with the numbers of the making of the features, among the nation's, by the declaration of the
    settings."""
    if not isinstance(given, dict) or not given:
        yield f"{FEATURES}: a mapping of parameters to values is expected"
        return
    for name in given:
        if name not in Parameters.model_fields:
            yield f"{FEATURES}: unknown parameter '{name}' ({', '.join(Parameters.model_fields)})"
    try:
        known = {name: value for name, value in given.items() if name in Parameters.model_fields}
        Parameters.model_validate({**national.model_dump(), **known}, strict=True)
    except ValidationError as error:
        for found in error.errors():
            of = f"'{found['loc'][0]}' is refused: " if found["loc"] else ""  # else of several together
            yield f"{FEATURES}: {of}{found['msg']}"


def _faults(key: Any, given: Any, catalogue: Catalogue) -> Iterator[str]:
    code, _, component = str(key).partition("/")
    if code not in catalogue.by_code:
        yield f"{key}: unknown code, no indicator {code} is measured"
        return
    measure, indicator = catalogue.by_code[code]
    if component and component not in measure.components:
        known = ", ".join(name for name in measure.components if name) or "it has none"
        yield f"{key}: unknown component '{component}' ({known})"
        return
    if not isinstance(given, dict) or not given:
        yield f"{key}: a mapping of parameters to values is expected"
        return
    known = indicator.by_component[component] if component else indicator.parameters
    for name, value in given.items():
        if name in Parameters.model_fields and name not in known:
            yield f"{key}: '{name}' acts in the making of the features: write it under '{FEATURES}', for all indicators"
        elif name not in known:
            where = [part for part in measure.components if part and name in indicator.by_component[part]]
            hint = (
                f"; give it to a component, such as {code}/{where[0]}"
                if where
                else f" ({', '.join(known) or 'it has none'})"
            )
            yield f"{key}: unknown parameter '{name}'{hint}"
        elif not clauses.fits(value, type(known[name])):
            yield f"{key}: '{name}' has a value of another type than {clauses.literal(known[name])}"
        elif name in (of_kind := KINDS[measure.kind].parameters) and (wrong := outside(of_kind[name], value)):
            yield f"{key}: '{name}' {wrong}"
        elif not any(_uses(measure, part, name) for part in _reached(measure, component, name)):
            yield f"{key}: no component is asked with '{name}'"


def _reached(measure: Measure, component: str, name: str) -> list[Component]:
    """The components that a value reaches: the one named; else all that do not give the parameter themselves."""
    if component:
        return [measure.components[component]]
    return [part for part in measure.components.values() if name not in part.parameters]


def _effective(content: Mapping, catalogue: Catalogue) -> Iterator[tuple[tuple[str, str], dict[str, Scalar]]]:
    """(code, component) -> the parameters that its clauses use; what is said of a component goes before the rest."""
    by_component: dict[tuple[str, str], dict[str, Scalar]] = {}
    for key in sorted(content, key=lambda key: "/" in key):
        code, _, component = key.partition("/")
        measure, indicator = catalogue.by_code[code]
        known = indicator.by_component[component] if component else indicator.parameters
        given = clauses.of_types(content[key], {name: type(value) for name, value in known.items()})
        for name, value in given.items():
            for part in _reached(measure, component, name):
                if _uses(measure, part, name):
                    by_component.setdefault((code, part.name), {})[name] = value
    yield from by_component.items()


def _uses(measure: Measure, part: Component, name: str) -> bool:
    return name in KINDS[measure.kind].parameters or name in clauses.parameters(*clauses.expressions(measure, part))


def read_reformulated(home: Home, run_id: str) -> pd.DataFrame:
    """The reformulated values of a run, without Spark; empty where there are none."""
    from deltalake import DeltaTable
    from deltalake.exceptions import TableNotFoundError

    try:
        return DeltaTable(str(home.tables / TABLE)).to_pandas(partitions=[("run_id", "=", run_id)])
    except TableNotFoundError:
        return pd.DataFrame()


def listing(home: Home, run_id: str) -> list[dict]:
    """What regions read otherwise in a run, beside the national reading of the same area: the regions as a whole."""
    from percorsi.indicators.values import read_values

    own = read_reformulated(home, run_id)
    if own.empty:
        return []
    key = ["code", "component", "level", "area", "sex", "age_class"]
    both = own.merge(read_values(home, run_id), on=key, suffixes=("", "_catalogue"))
    whole = both[(both["level"] == "region") & (both["sex"] == "") & (both["age_class"] == "")]
    shown = {
        **{"region": "area", "code": "code", "component": "component", "parameters": "parameters"},
        **{"numerator": "numerator", "denominator": "denominator", "value": "value", "reason": "reason"},
        **{"catalogue_numerator": "numerator_catalogue", "catalogue_value": "value_catalogue"},
    }
    rows = whole[list(shown.values())].set_axis(list(shown), axis=1).astype(object)
    return rows.where(rows.notna(), None).to_dict("records")
