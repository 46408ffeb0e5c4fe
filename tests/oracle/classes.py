"""Classes of drugs (manual, section 2, the table under "Dispensing"): does a pack belong to one?"""

from .layouts import names

SECOND_GENERATION = set(
    names(
        "N05AE03 N05AE04 N05AE05 N05AH02 N05AH03 N05AH04 N05AH05 N05AH06 N05AL03 N05AL05 N05AX08 N05AX12 N05AX13 "
        "N05AX15 N05AX16"
    )
)
DYSMETABOLIC_RISK = set(
    names("N05AH02 N05AH03 N05AH04 N05AH05 N05AX08 N05AX13 N05AL05 N05AX12 N05AE04 N05AE05 N05AX15 N05AX16")
)
LITHIUM, CLOZAPINE = "N05AN01", "N05AH02"
MOOD_STABILISERS = {LITHIUM, *names("N03AG01 N03AG02 N03AF01 N03AX09")}
LICENSED_FOR_MAINTENANCE = set(names("N05AH03 N05AH04 N05AX12"))
RISPERIDONE = "N05AX08"  # of those licensed too, its depot packs
CARBAMAZEPINE_VALPROATE = set(names("N03AF01 N03AG01 N03AG02"))


def is_antipsychotic(pack):
    """N05A except N05AN."""
    return pack.atc.startswith("N05A") and not pack.atc.startswith("N05AN")


def is_dysmetabolic_risk(pack):
    """Of the list of dysmetabolic risk."""
    return pack.atc[:7] in DYSMETABOLIC_RISK


def is_long_acting(pack):
    """Depot packs of an antipsychotic."""
    return is_antipsychotic(pack) and pack.form == "depot"


def is_antidepressant(pack):
    """N06A."""
    return pack.atc.startswith("N06A")


def is_lithium(pack):
    """N05AN01."""
    return pack.atc[:7] == LITHIUM


def is_carbamazepine_or_valproate(pack):
    """N03AF01, N03AG01, N03AG02."""
    return pack.atc[:7] in CARBAMAZEPINE_VALPROATE


def is_mood_stabiliser_alone(pack):
    """Without the antipsychotics licensed for maintenance (DGP19, DGP20)."""
    return pack.atc[:7] in MOOD_STABILISERS


def is_mood_stabiliser(pack):
    """With the antipsychotics licensed for maintenance in bipolar disorder."""
    licensed = pack.atc[:7] in LICENSED_FOR_MAINTENANCE or (pack.atc[:7] == RISPERIDONE and pack.form == "depot")
    return is_mood_stabiliser_alone(pack) or licensed


def is_for_bipolar_disorder(pack):
    """Mood stabilisers and antipsychotics taken together (BP16)."""
    return is_mood_stabiliser(pack) or is_antipsychotic(pack)
