exec(compile("print(1)", "x", "exec"))
