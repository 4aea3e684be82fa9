"""`python -m console.edge`."""

from .cli import app

app()
