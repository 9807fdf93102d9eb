"""The only room with tasks: each worker has one turn, ``step()``, and the supervisor repeats it."""
