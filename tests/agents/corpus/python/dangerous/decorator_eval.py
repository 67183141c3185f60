@eval
class X:
    pass
