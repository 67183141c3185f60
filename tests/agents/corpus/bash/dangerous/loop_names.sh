for c in rm mv; do
  $c a b
done
