import os


def module():
    return os


module().system("id")
