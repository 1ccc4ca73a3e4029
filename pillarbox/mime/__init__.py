"""Messages as RFC 5322 and MIME bytes, and the rules for what may stand in them."""
