"""The slow, obvious twin: twelve indicators recomputed from the files of a delivery, by the manual alone."""
