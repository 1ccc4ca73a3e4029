from pillarbox.domain.category import Category
from pillarbox.domain.outcome import Cause


def other(_cause: Cause) -> Category:
    """Categorise nothing."""
    return Category.OTHER
