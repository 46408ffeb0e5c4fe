"""The page that travels with a release: what it is, how to read it, what its columns say."""

from percorsi.tables import TableDeclaration

_SYNTHETIC = (
    "**Dati sintetici. Synthetic data: they describe no real person, service or region.** I gap di trattamento (S24,\n"
    "BP21) di una nazione in scala ridotta non hanno significato: i residenti sono quelli veri. The treatment gaps\n"
    "(S24, BP21) of a scaled-down nation mean nothing: residents are the real ones."
)


def readme(metadata: dict, values: TableDeclaration) -> str:
    """README.md of a bundle: Italian first, then English, then the columns."""
    counts, control = metadata["values"], metadata["disclosure_control"]
    threshold = control["threshold"]
    columns = "\n".join(
        f"| `{name}` | {column.meaning}{f' ({column.unit})' if column.unit else ''} | {column.null} |"
        for name, column in values.columns.items()
    )
    notice = f"\n{_SYNTHETIC}\n" if metadata["data"] == "synthetic" else ""
    return f"""# Percorsi di cura, {metadata["year"]}: release {metadata["release"]}
{notice}
## Come si legge

Ogni riga di `values.csv` (o `values.parquet`) è il valore di un indicatore in un'area, eventualmente per sesso o per
classe di età. I titoli ufficiali sono in `indicators.csv`. La colonna `status` dice come leggere la riga:

- `published` ({counts["published"]} righe): il valore è dato, con numeratore, denominatore e intervallo al 95%;
  di una media senza la somma, arrotondato; i limiti di una media sono quelli della t di Student, e possono essere
  negativi anche dove nessun valore lo è; di un rapporto di mortalità (`smr`) i morti osservati, gli attesi e il
  rapporto arrotondati, e le persone osservate in `persons`; di un gap di trattamento i trattati e la prevalenza per
  10.000 residenti, e i residenti in `persons`;
- `suppressed` ({counts["suppressed"]}): il valore esiste e non è mostrato, per proteggere le persone. Il numeratore,
  o il resto del denominatore, vale da 1 a {threshold}; oppure la riga permetterebbe di ricavarne uno per differenza.
  Una media non è mostrata se calcolata su meno di {control["minimum_of_a_mean"]} persone, o se una sola potrebbe avere
  più di {control["share_of_one_in_a_mean"]:.0%} della somma; un rapporto di mortalità se su meno di
  {control["minimum_of_a_ratio"]} persone, o se i morti o i sopravvissuti sono da 1 a {threshold}; un gap se lo sono i
  trattati;
- `absent` ({counts["absent"]}): il valore non si può avere; `reason` dice perché. Non è uno zero.

Una persona seguita in due aree conta in entrambe: le aree non si sommano al totale.

Un valore può mancare (`reason`) perché il flusso non è stato consegnato (`missing_flow`), o non per tutti i periodi
che servono (`window_not_covered`), o non c'è il flusso supplementare (`supplementary_flow_absent`), perché nessuno è
nel denominatore (`denominator_zero`), perché i morti attesi sono troppo pochi per un rapporto (`expected_below_one`) o
la qualità dei dati non basta (`quality`). `grade` dice la qualità dei dati su
cui il valore poggia: A buona, B con avvertimenti, C critica. `component` nomina le parti degli indicatori con più
valori (durate, gruppi, criteri); la riga senza nome è il valore dell'indicatore.

## How to read it

Each row is the value of an indicator in an area, possibly by sex or by age class. `status` says how to read it:
`published` rows carry the value (limits of a mean are Student's t, and may be negative where no value is; a ratio of
mortality, `smr`, has the deaths observed, those expected, rounded, and in `persons` the persons observed; a gap the
treated and the prevalence per 10,000 residents, and in `persons` the residents);
`suppressed` rows have one that is kept back to protect persons (a count of 1 to {threshold}, a mean over fewer than
{control["minimum_of_a_mean"]} persons or one of which one person may hold more than
{control["share_of_one_in_a_mean"]:.0%} of the sum, a ratio over fewer than
{control["minimum_of_a_ratio"]} persons or with 1 to {threshold} deaths or survivors, a gap of 1 to {threshold} treated,
or a row from which such could be worked out by subtraction);
`absent` rows have none, for the `reason` given, which is never a zero: a flow that was not delivered
(`missing_flow`), or not for all the periods needed (`window_not_covered`), no supplementary flow
(`supplementary_flow_absent`), nobody in the denominator (`denominator_zero`), too few
deaths expected for a ratio (`expected_below_one`), data of too low a quality (`quality`).
`grade` is that of the data under the value: A good, B with warnings, C critical. `component` names the parts of an
indicator of several values (durations, groups, criteria); the row without a name is the value of the indicator. A
person seen in two areas counts in both: areas do not add up to their total. Funnels (`funnel_lower` and the like) and
overdispersion are of the published rows alone.

## Columns of the values

| column | meaning | empty |
| --- | --- | --- |
{columns}

## Where it comes from

Run {metadata["run"]}, code {metadata["commit"] or "not stated"}, definitions
{metadata["definitions"] or "not stated"}, data: {metadata["data"]}. `metadata.json`
holds the versions of the tables read, the parameters and the SHA-256 of every file;
`datapackage.json` describes the CSV files for programs (Frictionless Data Package).
"""
