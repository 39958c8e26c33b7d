"""`python -m hello` is the command `hello`."""

from hello.bootstrap import main

if __name__ == "__main__":
    main()
