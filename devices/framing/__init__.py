"""Framings that several kinds of device share: pure codecs, one module each."""
