"""The contract as it is published: schemas, AsyncAPI document, code lists, examples, and what a new version may change.

Everything is made from the models of `schemas/events` and the lists of `schemas/codes`; nothing here is needed to
read or to send an event.
"""

VERSION = "1.2"
"""The contract's version, major and minor: that of the newest entry of `schemas/published/CHANGELOG.md`."""
