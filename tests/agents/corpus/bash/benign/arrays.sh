a=(one two)
a+=(three)
echo "${#a[@]} ${a[0]} ${a[@]:1}"
for x in "${a[@]}"; do echo "$x"; done
