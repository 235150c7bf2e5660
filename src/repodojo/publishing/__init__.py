"""A release: data sets, checkpoints, cards, licence, digests and lineage, in the layout of a model hub."""
