"""Settings to be looked at, and the words for what is found."""

from datetime import UTC, datetime

from pillarbox.doctor.finding import Level
from pillarbox.doctor.subject import Subject
from pillarbox.domain.key import KeyText
from pillarbox.settings_survey import survey

NOW = datetime(2026, 1, 1, tzinfo=UTC)
KEY = KeyText.parse("pb_abcdefgh01_0123456789abcdef0123456789abcdef")
OK, WARNING, FAULT = Level.OK, Level.WARNING, Level.FAULT


def subject_of(**variables: str) -> Subject:
    """Make a subject of these settings, named without their prefix."""
    environment = {f"PILLARBOX_{name}": value for name, value in variables.items()}
    return Subject(survey(environment), environment)
