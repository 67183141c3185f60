import multiprocessing as mp
mp.Process(target=print, args=(1,)).start()
