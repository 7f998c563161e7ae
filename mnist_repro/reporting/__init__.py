"""Formats what records hold and verdicts say; decides nothing."""
