x=5
if [[ $x > 3 && -f /etc/passwd ]]; then echo big; elif (( x > 7 )); then echo bigger; fi
case "$x" in
  1) echo one ;;
  *) echo many ;;
esac
