"""AI2-THOR's actions over placement geometry: no rendering, no Unity.

`engine.ActionEngine` is the player's side: arguments matched by name, failures reported in the
event. A file per family of actions, each with a table from AI2-THOR's action name to its function.
"""
