trap 'rm -rf "$dir"' EXIT
