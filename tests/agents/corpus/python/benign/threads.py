import threading
from concurrent.futures import ThreadPoolExecutor
with ThreadPoolExecutor() as pool:
    print(list(pool.map(str, range(3))))
t = threading.Thread(target=print, args=(1,))
t.start()
t.join()
