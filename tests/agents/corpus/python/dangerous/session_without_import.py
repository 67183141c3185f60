os.remove("x")
subprocess.run(["id"])
