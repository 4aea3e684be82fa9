"""The front door: the command line, and the only place that joins ports to adapters."""

__version__ = "0.1.0"
