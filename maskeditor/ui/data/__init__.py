"""The Data menu: an entry a file, which declares `DATA`; one that is a panel declares its `PANEL` beside it."""
