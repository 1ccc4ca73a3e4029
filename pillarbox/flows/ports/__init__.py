"""What the use cases need from the world; the adapters fulfil these by shape.

1. Every method of a store is one transaction, committed when it returns.
2. Leases and due times are on the database's clock; nothing else is.
3. A store that does not answer raises `StoreUnavailableError`.
"""
