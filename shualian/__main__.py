"""`python -m shualian`."""

from shualian.cli import main

main()
