# SPDX-License-Identifier: Apache-2.0
"""The list of scenarios. Each is a function of the world that it plays in."""

SCENARIOS = {}


def scenario(text, short=True):
    """Registers a function under its name; those that are not `short` run in the long form only."""
    def register(function):
        SCENARIOS[function.__name__] = (function, text, short)
        return function
    return register


def spread(values):
    """Least, middle and most of what was measured."""
    values = sorted(value for value in values if value is not None)
    return f"{values[0]:g} / {values[len(values) // 2]:g} / {values[-1]:g}" if values else "none"
