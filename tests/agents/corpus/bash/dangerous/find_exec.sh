find . -type f -exec rm {} \;
