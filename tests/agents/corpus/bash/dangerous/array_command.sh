cmd=(rm -rf x)
"${cmd[@]}"
