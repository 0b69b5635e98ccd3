"""The conformance kit: messages with the receipts that they must bring, for any implementation to be run against."""
