"""Ondol beside its peers: the same weights, threads and token counts, alternating fresh processes."""
