"""Every fault that the simulator can make, 50 messages through each, and what came of them.

``python -m tests.system.faults`` runs them all and prints the table; ``test_matrix.py`` holds what it says.
"""
