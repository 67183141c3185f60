from concurrent.futures import ProcessPoolExecutor as P
with P() as p:
    p.submit(print, 1)
