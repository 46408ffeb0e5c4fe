"""Current records to facts of persons: one table a kind of fact, sorted by person, with no CUNI and no Id_Rec."""

from percorsi.conformed.hospital import join_transfers, number_stays
from percorsi.conformed.link import known_by
from percorsi.conformed.stage import conform, table_count

__all__ = ["conform", "join_transfers", "known_by", "number_stays", "table_count"]
