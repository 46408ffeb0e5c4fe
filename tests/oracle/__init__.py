"""The slow, obvious twin: the schizophrenia indicators recomputed from the files of a delivery, by the manual alone."""
