class Model:
    def eval(self, x):
        return x


print(Model().eval(3))
