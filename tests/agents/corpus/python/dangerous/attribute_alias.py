import os


class Runner:
    def __init__(self):
        self.module = os

    def go(self):
        self.module.system("id")


Runner().go()
