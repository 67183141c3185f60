bash -c "rm -rf x"
