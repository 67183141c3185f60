import sys
sys.stdout.write("x\n")
print("e", file=sys.stderr)
sys.exit(0)
