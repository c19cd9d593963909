"""`python -m pinterest_destination` is the command `pinterest-destination`."""

from .cli import main

if __name__ == "__main__":  # a worker process imports this module again, under another name
    main()
