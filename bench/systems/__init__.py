"""The systems that are measured: each started when made, ended by `close()`."""
