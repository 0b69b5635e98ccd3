"""The landlord's side: extracts, pseudonyms, publication, receipts; the synthetic region."""
