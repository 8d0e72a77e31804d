"""Things of a test that are given back at the end of their ``with``."""

from typing import Self


class Closing:
    """Is closed when its ``with`` ends, however that ends."""

    def close(self) -> None:
        """Give everything back."""
        raise NotImplementedError

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()
