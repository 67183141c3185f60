for i in 1 2 3; do
  echo "$((i * 2))"
done
i=0
while [ "$i" -lt 3 ]; do
  i=$((i + 1))
done
echo "$i"
