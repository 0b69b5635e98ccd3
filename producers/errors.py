"""What stops a landlord's command and can be mended by whoever typed it."""


class LandlordError(ValueError):
    """The message, in French, says what is wrong, where, and what to do."""
