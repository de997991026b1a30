"""A copy of the whole portal in a folder, and the way back (docs/operations.md, docs/decisions/0021).

`making.backup` writes it while the portal runs, `restoring.restore` brings it back while it stands still. The keys are never
in it: without them names and contacts of a stolen copy are readable, papers and identification numbers are not.
"""

from __future__ import annotations


class BackupError(Exception):
    """Nothing was done, or what the message says. It is for the operator, in English, without words of people."""
