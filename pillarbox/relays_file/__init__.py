"""The file that names several relays and the routes to them (TOML).

1. What is wrong is told in one line: the table, the field, and why.
2. `${NAME}` in a `url` or a secret stands for a variable of the environment, and
   `<secret>_file` for a file's first line. None is ever in such a line, nor in a repr.
3. Paths are relative to the file's own folder.
"""

from pillarbox.relays_file.document import RelaysFile, read_relays_file
from pillarbox.relays_file.table import RelaysFileError

__all__ = ["RelaysFile", "RelaysFileError", "read_relays_file"]
