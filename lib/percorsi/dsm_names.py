"""What the departments of mental health are called: as the register of services of a year says."""

from percorsi.home import Home


def dsm_names(home: Home, year: int, version: int | None = None) -> dict[str, str]:
    """Area (`region-azienda-dsm`) -> name, of those that the register names, at a version of the table or the latest.

    Empty where no register was delivered. Needs no Spark.
    """
    from deltalake import DeltaTable

    path = home.tables / "conformed/service"
    if not path.exists():
        return {}
    columns = ["region", "azienda", "dsm", "structure", "year", "dsm_name"]
    services = DeltaTable(str(path), version=version).to_pandas(columns=columns)
    rows = services.query("year == @year").dropna(subset=["dsm_name"])
    return {f"{r.region}-{r.azienda}-{r.dsm}": r.dsm_name for r in rows.sort_values(columns[:4]).itertuples()}
