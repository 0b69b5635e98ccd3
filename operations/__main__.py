"""`python -m operations`: the command line where the package is not installed, as in the container image."""

from operations.cli import main

if __name__ == "__main__":
    main()
