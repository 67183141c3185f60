import csv, io, json
rows = list(csv.DictReader(io.StringIO("a,b\n1,2\n")))
print(json.dumps(rows))
