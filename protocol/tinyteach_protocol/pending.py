"""A request on its way: what the host keeps of it until it is answered."""


class Pending:
    """A request on its way."""

    def __init__(self, verb: int, data: bytearray, timeout_ms: int, tries: int) -> None:
        self.verb = verb
        self.data = data
        self.timeout_ms = timeout_ms
        self.tries_left = tries
        self.tries = 0
        self.silences = 0  # times that the board was asked in its place whether it lives
        self.sent_ms = 0  # or when the board last answered anything: it works in order
        self.order = 0  # of the last sending, among all sendings
