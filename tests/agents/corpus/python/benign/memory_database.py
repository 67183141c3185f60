import sqlite3
db = sqlite3.connect(":memory:")
db.execute("CREATE TABLE t (a)")
db.execute("INSERT INTO t VALUES (1)")
print(db.execute("SELECT * FROM t").fetchall())
