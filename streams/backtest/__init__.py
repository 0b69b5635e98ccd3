"""How well the detectors do: on any panel, and on what was received, replayed in the order in which it came.

`draws`, `disturbances` and `injection` change panels, by a seed; `calm`, `incidents` and `recombine` measure a detector
on them. `arrivals` is what was received as a value, `replay` the alerts that it would have raised, day by day, and
`labels` what became of incidents that are known. Nothing here writes anything, and no detector learns from it.
"""
