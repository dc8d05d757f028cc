"""Ray in one place: this folder alone starts it, joins it, waits for it and says in one line what went wrong with it.

`start.running` gives a `Cluster`; corpora and sweeps spread their work over it and import Ray nowhere else.
"""
