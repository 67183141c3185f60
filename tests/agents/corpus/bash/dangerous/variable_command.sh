c=rm
$c -rf x
