"""What an operator can mend of a consumer: the message, in French, says what is wrong and what to do."""


class ConsumerError(RuntimeError):
    """A folder, a file or a service that a consumer needs is not as it must be."""
