name=${1:-world}
echo "hello ${name^^} ${name#w} ${#name}"
shift || true
echo "$# $@"
