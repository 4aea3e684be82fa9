"""Batches (批量建档): a table and a ZIP of photos handed over by a clerk, run as a job."""
