import io
io.open("x", "xb")
