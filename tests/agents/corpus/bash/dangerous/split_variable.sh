c="rm -rf x"
$c
