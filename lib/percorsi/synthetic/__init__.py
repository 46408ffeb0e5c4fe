"""The synthetic nation: deliveries of any size from a seed, and the truth about them. No real person is in it."""

from percorsi.synthetic.nation import Summary, synthesize

__all__ = ["Summary", "synthesize"]
