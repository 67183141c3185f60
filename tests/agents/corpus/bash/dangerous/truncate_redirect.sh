: > log.txt
