"""The usual way to send mail from a web service, carried by the bench itself.

A POST inserts a row, commits, calls `delay()` and answers 202. A task for each
message loads its row, builds it with the standard library, opens a connection with
smtplib, sends, quits, marks the row as sent and commits. Flask under gunicorn with
as many processes and threads as Pillarbox's API has; Celery with its default pool.

Where the usual way has a choice, it is made in its favour: no login, no validation,
no schema, no result backend, SQLAlchemy Core and not its ORM, one row a message, one
transaction for each task, no attempts kept, no look-up of the machine's own name.
"""
