$(echo rm) -rf x
