"""The changes of the tables, in order; run by `pillarbox.store.migration`."""
