"""Great Expectations judges frames whose rows are areas: one validation a suite, for all its areas and expectations.

A frame holds shares of counts, so that results may name the areas that failed, and Data Docs with them. A frame with
rows of persons must never come here.
"""

import os
from collections.abc import Iterator, Mapping
from pathlib import Path

import pandas as pd

from percorsi.quality.data_docs import make_readable_offline
from percorsi.quality.suites import Suite

# Areas are listed (COMPLETE); no value of a record is anywhere in the frame.
_RESULT_FORMAT = {
    "result_format": "COMPLETE",
    "unexpected_index_column_names": ["area", "name"],
    "include_unexpected_rows": False,
    "return_unexpected_index_query": False,
}


def failed_areas(
    frames: Mapping[str, pd.DataFrame], suites: Mapping[str, Suite], run_key: str, site: Path
) -> dict[str, set[str]]:
    """Check -> the areas that do not meet it; writes the Data Docs of this one run into the folder `site`.

    `frames`: suite -> area, name and a column for each judged share, a row an area. Nulls meet nothing and fail
    nothing.
    """
    os.environ["GX_ANALYTICS_ENABLED"] = "false"  # read when the package is imported
    import great_expectations as gx

    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = {"globally": False}
    for existing in context.get_site_names():
        context.delete_data_docs_site(existing)
    context.add_data_docs_site("run", _site(site))
    source = context.data_sources.add_pandas("counts")
    failed: dict[str, set[str]] = {}
    for name, suite in suites.items():
        expectations = [check.configuration(suite.columns[check.kwargs.column].meaning) for check in suite.checks]
        gx_suite = context.suites.add(gx.ExpectationSuite(name=name, expectations=expectations))
        batch = source.add_dataframe_asset(name).add_batch_definition_whole_dataframe("areas")
        validation = gx.ValidationDefinition(name=name, data=batch, suite=gx_suite)
        result = context.validation_definitions.add(validation).run(
            batch_parameters={"dataframe": frames[name]},
            result_format=_RESULT_FORMAT,
            run_id=gx.RunIdentifier(run_name=run_key),
        )
        failed |= dict(_failures(result))
    context.build_data_docs(site_names=["run"])
    make_readable_offline(site)
    return failed


def _failures(result) -> Iterator[tuple[str, set[str]]]:
    for each in result.results:
        check = each.expectation_config.meta["check"]
        if each.exception_info.get("raised_exception"):
            raise RuntimeError(f"the check {check} could not be judged")
        yield check, {row["area"] for row in each.result.get("unexpected_index_list") or []}


def _site(folder: Path) -> dict:
    return {
        "class_name": "SiteBuilder",
        "show_how_to_buttons": False,
        "site_index_builder": {"class_name": "DefaultSiteIndexBuilder"},
        "store_backend": {"class_name": "TupleFilesystemStoreBackend", "base_directory": str(folder)},
    }
