"""The SMTP engine alone beside smtplib: one connection, one thread, no store and no queue.

1. All ways send the same octets to the same relay, in turn, in rounds; a ratio is of one round.
2. What the client was told was taken must be what the relay has, or there is no row.
3. Relay and delay are processes of their own: the CPU time is that of the client's thread.
"""
