"""Pixels to embeddings: model packs, detection, alignment, embedding, quality, evaluation."""
