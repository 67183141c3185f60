import io
out = io.StringIO()
out.write("x")
print(out.getvalue())
