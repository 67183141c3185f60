import sqlite3
c = sqlite3.connect("x.db")
c.cursor().execute("INSERT INTO t VALUES (1)")
