class Solver:
    def system(self, a):
        return a * 2

    def run(self, x):
        return self.system(x)


print(Solver().run(2))
