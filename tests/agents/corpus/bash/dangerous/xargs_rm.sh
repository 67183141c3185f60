ls | xargs -n 1 rm -f
