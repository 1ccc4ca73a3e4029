"""The baseline's web service: insert, commit, `delay()`, 202."""

from flask import Flask, Response, jsonify, request

from bench.baseline.mails import Config, mails, make_engine
from bench.baseline.tasks import make_celery, send_mail

THREADS = 16
PROCESSES = 2


def create_app() -> Flask:
    """Make the application, as gunicorn calls it in each of its processes."""
    config = Config.read()
    app = Flask(__name__)
    make_celery(config).set_default()
    engine = make_engine(config, connections=THREADS)

    @app.post("/send")
    def send() -> tuple[Response, int]:
        document = request.get_json()
        row = {
            "sender": document["from"],
            "recipient": document["to"][0],
            "subject": document["subject"],
            "text": document["text"],
            "html": document["html"],
        }
        with engine.begin() as connection:
            mail_id = connection.execute(
                mails.insert().values(row).returning(mails.c.id)
            ).scalar_one()
        send_mail.delay(mail_id)
        return jsonify(id=mail_id, status="queued"), 202

    @app.get("/ready")
    def ready() -> str:
        return "ready"

    return app
