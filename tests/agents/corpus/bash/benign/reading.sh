while IFS=, read -r a b; do
  echo "$a $b"
done < data.csv
grep -c x data.csv
find . -name "*.py" -type f -print
