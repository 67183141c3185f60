r""m -rf x
