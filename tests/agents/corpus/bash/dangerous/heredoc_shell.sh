bash <<END
rm -rf x
END
