"""The one exception that is a message to the user rather than a bug."""


class UserError(ValueError):
    """Something the user gave cannot be used.

    The message is one line: the value, the bounds and the remedy. The command line prints it
    without a traceback and exits with code 2; code that is used as a library raises it as it is.
    """
