r\m -rf x
