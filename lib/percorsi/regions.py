"""The 21 regions and autonomous provinces: codes, names, and the bit of each in a mask of regions."""

from functools import cache

from percorsi.settings import conf_dir, load_yaml


@cache
def regions() -> dict[str, str]:
    """Three-digit code -> name, in the order of the national coding."""
    return load_yaml(conf_dir() / "codes" / "regions.yaml")


def bit(region: str) -> int:
    """The mask (one bit set) of one region."""
    return 1 << list(regions()).index(region)


def mask(codes: set[str]) -> int:
    """The mask of several regions; 0 for none."""
    return sum(bit(code) for code in codes)


def mask_sql(column: str) -> str:
    """Spark SQL for the mask (bigint) of the region code in `column`; an unknown code is 0."""
    cases = " ".join(f"when '{code}' then {bit(code)}L" for code in regions())
    return f"(case {column} {cases} else 0L end)"
