def f():
    """Like subprocess.run and os.system, but not."""
    return 1


print(f())
