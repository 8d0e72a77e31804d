"""Where the limits come from: the defaults, then the file of ``--config``, then ``--set`` pairs."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final, NamedTuple

from wire.limits import BadSettingError, Settings

TABLE: Final = "limits"
"""The part of the file in which they stand."""


class Configuration(NamedTuple):
    """What the command line said of the limits. ``file`` is read anew each time; None: no file."""

    file: Path | None = None
    pairs: Sequence[str] = ()

    def read(self) -> Settings:
        """The limits as they are configured now.

        Raises :class:`BadSettingError` when the file cannot be read or one of its lines, or a pair,
        cannot be obeyed.
        """
        settings = Settings()
        for name, value in self._from_file():
            settings.set(name, value)
        for pair in self.pairs:
            name, equals, value = pair.partition("=")
            if not equals:
                raise BadSettingError(f"--set {pair}: say NAME=VALUE")
            settings.set(name, value)
        return settings

    def _from_file(self) -> Iterable[tuple[str, str | float]]:
        if self.file is None:
            return ()
        import tomllib  # noqa: PLC0415 - most servers start without a file

        try:
            with self.file.open("rb") as file:
                limits = tomllib.load(file).get(TABLE, {})
        except (OSError, ValueError) as error:  # not TOML, not UTF-8: both are ValueErrors
            raise BadSettingError(f"{self.file}: {error}") from error
        if not isinstance(limits, dict):
            raise BadSettingError(f"{self.file}: {TABLE} is not a table: write [{TABLE}]")
        return limits.items()


DEFAULTS: Final = Configuration()
"""Nothing was said of the limits."""
