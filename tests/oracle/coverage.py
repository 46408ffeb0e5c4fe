"""Which regions' data cover an indicator (manual, section 1, and the table that ends section 3)."""

from .layouts import SISM

FIRST_SEMESTER, WHOLE_YEAR = set(range(1, 7)), set(range(1, 13))
REASONS = ["missing_flow", "window_not_covered"]  # the first of these that holds


def needs(code, year):
    """What an indicator needs: (flow, year, months)."""
    needed = [(flow, year, WHOLE_YEAR) for flow in (*SISM, "SDO")]
    if code in ("S20", "S21", "S22"):
        needed += [(flow, year + 1, FIRST_SEMESTER) for flow in SISM]
    if code == "S14":
        needed.append(("SDO", year - 1, WHOLE_YEAR))
    if code == "S25":
        needed += [(flow, year + 1, WHOLE_YEAR) for flow in (*SISM, "SDO")]
    return needed


def reason(delivery, region, code, year):
    """Why the region has no value of the indicator, or None."""
    needed = needs(code, year)
    for flow, _, _ in needed:
        if not any(delivery.months.get((flow, region, read)) for read in range(year - 3, year + 2)):
            return "missing_flow"  # nothing of it from Y-3 to Y+1; one of seven is enough to miss SISM
    for flow, in_year, months in needed:
        if not months <= delivery.months.get((flow, region, in_year), set()):
            return "window_not_covered"  # some periods, not all needed
    return None


def nation_reason(delivery, regions_with_contact, code, year):
    """Why the nation has no value: where no region covers the indicator, the first of their reasons."""
    if any(reason(delivery, region, code, year) is None for region in delivery.regions):
        return None
    reasons = {reason(delivery, region, code, year) for region in regions_with_contact or delivery.regions}
    return min(reasons, key=REASONS.index, default=None)
