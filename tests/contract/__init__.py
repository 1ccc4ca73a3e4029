"""One suite for both databases: what holds on one, holds on the other."""
