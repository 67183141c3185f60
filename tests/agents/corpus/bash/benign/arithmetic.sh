a=3
b=4
let "c = a * b"
echo "$c" | bc
seq 1 3 | paste -sd+
