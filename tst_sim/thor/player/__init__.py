"""Being AI2-THOR's player: the program that the unmodified `ai2thor` client starts in the place of Unity's.

`launch` (a script, standard library only) opens the client's pipe; `play` is the loop; `fifo` and `wsgi`
carry messages (`wire`); `session` answers actions with the embedded engine; `pictures` and `colors` turn
frames into what the client decodes; `installation` says how to start it and puts it where it is looked for.
"""
