"""Run the code that is given, as `python -c` does; the smoke test starts it inside the bundle, where no Python is."""

import sys

exec(sys.argv.pop(1), {"__name__": "__main__"})
