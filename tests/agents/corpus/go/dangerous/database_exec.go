package main

import "database/sql"

func main() {
	db, _ := sql.Open("pgx", "")
	db.Exec("DROP TABLE t")
}
