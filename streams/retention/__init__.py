"""Retention and rights: old rows folded into a base without pseudonyms, pseudonyms erased on demand."""
