from collections.abc import Mapping
from dataclasses import dataclass

from pillarbox.doctor.check import CheckEndedError
from pillarbox.doctor.finding import warning
from pillarbox.settings import PREFIX, Settings
from pillarbox.settings_survey import FILE_VARIABLE, Survey


@dataclass(frozen=True, slots=True)
class Subject:
    """What is examined: the settings as far as they can be used, and where they come from."""

    survey: Survey
    environment: Mapping[str, str]

    @property
    def settings(self) -> Settings:
        """The settings; what is wrong of them has its default."""
        return self.survey.settings

    @property
    def wrong(self) -> frozenset[str]:
        """Names of the settings that cannot be used, as they are written where they are set."""
        return frozenset(each.name for each in self.survey.faults)

    @property
    def usable_environment(self) -> dict[str, str]:
        """The environment without the variables that stop a start."""
        return {name: value for name, value in self.environment.items() if name not in self.wrong}

    def expect(self, *variables: str) -> None:
        """Raise `CheckEndedError` if one of these settings is wrong: its default says nothing."""
        named = {
            FILE_VARIABLE,
            *variables,
            *(each.removeprefix(PREFIX).lower() for each in variables),
        }
        for name in sorted(self.wrong):
            if name in named:
                raise CheckEndedError(warning(f"not looked at, since {name} is wrong", "Mend it"))
