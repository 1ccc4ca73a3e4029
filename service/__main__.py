"""`python -m service`: the HTTP API."""

import sys

from service.main import main

if __name__ == "__main__":
    sys.exit(main())
