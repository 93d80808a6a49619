# SPDX-License-Identifier: Apache-2.0
"""The one way in which the generator says no: a file, a line, and a sentence."""


class ContractError(Exception):
    """What the generator does not accept. Prints as `file:line: message`."""

    def __init__(self, line, message, file=None):
        super().__init__(message)
        self.line = line
        self.message = message
        self.file = file

    def in_file(self, file):
        """Names the file, unless the error already knows its own."""
        if self.file is None:
            self.file = file
        return self

    def __str__(self):
        return f"{self.file or '<contract>'}:{self.line}: {self.message}"
