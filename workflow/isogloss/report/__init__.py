"""The report: tables put together, figures, findings, one page."""
