"""What a handler raises to answer a request with an error."""


class Refused(Exception):
    """A request that cannot be met: an error code of protocol/SPEC.md and a short detail."""

    def __init__(self, code: int, detail: str = "") -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail
