"""The baseline's task: one task and one connection a message."""

import smtplib
from email.message import EmailMessage
from functools import cache

from celery import Celery, shared_task
from sqlalchemy import Engine, func

from bench.baseline.mails import Config, mails, make_engine

PROCESSES = 2
"""Celery's default is one for each core; here it is said, so that it is the same everywhere."""


def make_celery(config: Config) -> Celery:
    """Make the Celery application; results are not kept."""
    app = Celery("baseline", broker=config.broker_url)
    app.conf.update(
        task_ignore_result=True,
        worker_concurrency=PROCESSES,
        broker_connection_retry_on_startup=True,
    )
    return app


def _send_mail(mail_id: int) -> None:
    """Send one mail and mark its row."""
    with _engine().begin() as connection:
        row = connection.execute(mails.select().where(mails.c.id == mail_id)).one()
        message = EmailMessage()
        message["From"] = row.sender
        message["To"] = row.recipient
        message["Subject"] = row.subject
        message.set_content(row.text)
        message.add_alternative(row.html, subtype="html")
        _submit(message)
        connection.execute(
            mails.update().where(mails.c.id == mail_id).values(status="sent", sent_at=func.now())
        )


send_mail = shared_task(_send_mail, name="baseline.send_mail")


@cache
def _config() -> Config:
    return Config.read()


@cache
def _engine() -> Engine:
    """Make the engine of this process: a pool of Celery forks, and connections may not."""
    return make_engine(_config(), connections=1)


def _submit(message: EmailMessage) -> None:
    """Connect, send, quit. Without a name, smtplib asks the resolver for this machine's."""
    port = _config().relay_port
    with smtplib.SMTP("127.0.0.1", port, local_hostname="baseline.test") as smtp:
        smtp.send_message(message)
