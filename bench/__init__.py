"""What Pillarbox costs and how fast it is, beside a baseline measured in the same run.

1. Every system sends the same mails through the same sink, one after the other,
   on a machine that does nothing else; what one started is ended before the next.
2. A row counts from the first POST to the last outcome recorded in the system's
   own store; what the sink counted must agree, or there is no row.
3. The load comes from a process of its own, and is part of the table.
"""
