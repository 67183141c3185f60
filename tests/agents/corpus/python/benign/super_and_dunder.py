class A:
    def __init__(self):
        super().__init__()
        self.__dict__["x"] = 1

    def __call__(self):
        return type(self).__name__


print(A()(), A.__mro__, getattr(A(), "x", None))
