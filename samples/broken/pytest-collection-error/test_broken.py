"""A syntax error: pytest stops at collection and runs nothing, not even the file beside this one."""


def test_unfinished(:
    pass
