printf "%s\n" b a c | sort | uniq -c | awk '{ print $2 }' | sed "s/a/x/" | tr a-z A-Z | head -n 2
