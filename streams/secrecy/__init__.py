"""Statistical secrecy: which counts may be shown, so that no difference of shown counts betrays a hidden one.

Pure functions over arrays: no database, no clock. `lattice` says which counts there are, `pattern` what has been
decided so far, `protection` how closely an attacker could come, `search` what to hold back next, `suppression` runs it.
"""
