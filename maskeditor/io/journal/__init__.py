"""The journal: one SQLite file per session, written before the screen shows a move, and read after a crash."""
