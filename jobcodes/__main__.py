"""`python -m jobcodes`."""

from jobcodes.cli import main

if __name__ == "__main__":
    main()
