"""A person's records taken out of a home, and a new key for `person_id`: neither can be undone."""

from percorsi.erasure.come_back import come_back
from percorsi.erasure.erase import ErasureReport, erase
from percorsi.erasure.rekey import RekeyReport, rekey
from percorsi.erasure.unfinished import refuse_unfinished

__all__ = ["ErasureReport", "RekeyReport", "come_back", "erase", "refuse_unfinished", "rekey"]
