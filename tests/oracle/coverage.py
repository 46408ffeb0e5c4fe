"""Which regions' data cover an indicator (manual, section 1, and the table that ends section 3)."""

from . import mortality
from .gap import residents_of_regions
from .layouts import NATIONAL, SISM
from .sets import model

FIRST_SEMESTER, WHOLE_YEAR = set(range(1, 7)), set(range(1, 13))
REASONS = ["missing_flow", "window_not_covered", "supplementary_flow_absent"]  # the first of these that holds
CARE = (*SISM, "SDO")
DRUGS = ("FAR", "DIR", "AIC")  # FAR and DIR mean AIC too

# Where O, f, "new to the DSM" or "ever" stands: SISM and SDO back to Y-3. A sibling needs what its model does.
BACK_TO_Y3 = (
    *("S1", "S2", "S3", "S4", "S5", "S6", "S7", "S8", "S9", "S10", "S11", "S12", "S18"),
    *("BP9", "D4", "D13", "DGP2"),
)
OVER_ALL_T = ("BP25", "DGP5", "DGP15")  # as S10 and D4, but not of who is new
SUPPLEMENTARY = ("S16", "S28", "S29", "S48", "DGP13")  # S rows
YEAR_OF_NEW_USERS = [(DRUGS, (-1, 0, 1), WHOLE_YEAR), (("SPE", "SDO"), (0, 1), WHOLE_YEAR), (SISM, (1,), WHOLE_YEAR)]
GOING_ON = [(DRUGS, (-1, 0), WHOLE_YEAR), (("SPE",), (0,), WHOLE_YEAR)]
RECURRENT = [(DRUGS, (-3, -2, -1, 0), WHOLE_YEAR), (CARE, (-2, -1, 0), WHOLE_YEAR)]
# code: [(flows, years from Y, months)]
BESIDES = {
    "S1": [(("NPIA",), (-2, -1, 0), WHOLE_YEAR)],
    "S3": [(SISM, (1,), FIRST_SEMESTER)],
    "S4": [(SISM, (1,), FIRST_SEMESTER)],
    "S7": [(CARE, (1,), WHOLE_YEAR)],
    "S14": [(("SDO",), (-1,), WHOLE_YEAR)],
    "S17": [(DRUGS, (0, 1), WHOLE_YEAR)],
    "S18": [(DRUGS, (-2, -1, 0, 1), WHOLE_YEAR), (CARE, (1,), WHOLE_YEAR)],
    "S19": YEAR_OF_NEW_USERS,
    "S20": [(SISM, (1,), FIRST_SEMESTER)],
    "S21": [(SISM, (1,), FIRST_SEMESTER)],
    "S22": [(SISM, (1,), FIRST_SEMESTER)],
    "S23": [(("PS",), (0,), WHOLE_YEAR)],
    "S24": [(("POPULATION",), (0,), WHOLE_YEAR)],
    "S25": [(CARE, (1,), WHOLE_YEAR)],
    "S33": [(DRUGS, (-1, 0, 1), WHOLE_YEAR), (CARE, (1,), WHOLE_YEAR)],
    "S34": [(DRUGS, (-1, 0), WHOLE_YEAR)],
    "S35": [(DRUGS, (0,), WHOLE_YEAR)],
    "S36": [(DRUGS, (-1, 0), WHOLE_YEAR)],
    "S37": [(DRUGS, (-1, 0), WHOLE_YEAR)],
    "S38": [(DRUGS, (-1, 0, 1), WHOLE_YEAR), (SISM, (1,), FIRST_SEMESTER), (("SDO",), (1,), WHOLE_YEAR)],
    "S39": GOING_ON,
    "S40": [(("SIND",), (0,), WHOLE_YEAR)],
    "S41": [(SISM, (1,), FIRST_SEMESTER), (("SDO",), (1,), WHOLE_YEAR)],
    "S42": [(SISM, (-1,), WHOLE_YEAR)],
    "S43": [(("CDM",), (0,), WHOLE_YEAR)],
    "S44": [((("CDM", "ANA"), "DEATHS"), (0,), WHOLE_YEAR), (("POPULATION",), (0, 1), WHOLE_YEAR)],
    "BP16": YEAR_OF_NEW_USERS,
    "BP17": [(DRUGS, (-1, 0, 1), WHOLE_YEAR), (("SPE",), (0, 1), WHOLE_YEAR), (("SDO",), (-1, 0, 1), WHOLE_YEAR)],
    "BP28": GOING_ON,
    "BP29": GOING_ON,
    "BP30": GOING_ON,
    "BP34": [(CARE, (1,), WHOLE_YEAR)],
    "D4": [(SISM, (1,), FIRST_SEMESTER)],
    "D13": [(SISM, (1,), FIRST_SEMESTER)],
    "D16": RECURRENT,
    "D17": RECURRENT,
    "D18": [(DRUGS, (-3, -2, -1, 0, 1), WHOLE_YEAR), (CARE, (-2, -1, 0, 1), WHOLE_YEAR)],
    "DGP2": [(("NPIA",), (-3, -2, -1, 0), WHOLE_YEAR)],
    "DGP16": [(SISM, (1,), WHOLE_YEAR)],
    "DGP17": [(DRUGS, (0, 1), WHOLE_YEAR), (CARE, (0, 1), WHOLE_YEAR)],
    "DGP20": [(DRUGS, (0, 1), WHOLE_YEAR), (CARE, (0, 1), WHOLE_YEAR)],
}


def needs(code, year):
    """What an indicator needs: (flow, year, months); several flows in the place of one: one of them is enough."""
    as_model = model(code)
    back = as_model in BACK_TO_Y3 and code not in OVER_ALL_T
    parts = [(CARE, (-3, -2, -1, 0) if back else (0,), WHOLE_YEAR), *BESIDES.get(as_model, [])]
    if as_model in SUPPLEMENTARY:
        parts.append((("SUP",), (0,), WHOLE_YEAR))
    return [(flow, year + shift, months) for flows, shifts, months in parts for flow in flows for shift in shifts]


def delivered(delivery, flow, region, year):
    """The months of a year that are there; files of national flows name no region, and the residents are ISTAT's."""
    if flow == "POPULATION":
        return WHOLE_YEAR if residents_of_regions(year) else set()
    if flow == "DEATHS":
        return WHOLE_YEAR if mortality.counts("deaths", year) else set()
    return delivery.months.get((flow, "" if flow in NATIONAL else region, year), set())


def lacking(delivery, region, flow, in_year, months, year):
    """Why a flow of a year is not there, or None."""
    if isinstance(flow, tuple):
        each = [lacking(delivery, region, one, in_year, months, year) for one in flow]
        return None if None in each else max(each, key=REASONS.index)
    if flow == "SUP":  # read from before Y-3 too: absent where never delivered up to the data end
        if not any(f == "SUP" and r == region and read <= year + 1 for f, r, read in delivery.months):
            return "supplementary_flow_absent"
    elif not any(delivered(delivery, flow, region, read) for read in range(year - 3, year + 2)):
        return "missing_flow"  # one of the seven is enough to miss SISM
    return None if months <= delivered(delivery, flow, region, in_year) else "window_not_covered"


def reason(delivery, region, code, year):
    """Why the region has no value of the indicator, or None."""
    found = {lacking(delivery, region, *needed, year) for needed in needs(code, year)} - {None}
    return min(found, key=REASONS.index, default=None)


def nation_reason(delivery, regions_with_contact, code, year):
    """Why the nation has no value: where no region covers the indicator, the first of their reasons."""
    if any(reason(delivery, region, code, year) is None for region in delivery.regions):
        return None
    reasons = {reason(delivery, region, code, year) for region in regions_with_contact or delivery.regions}
    return min(reasons, key=REASONS.index, default=None)
