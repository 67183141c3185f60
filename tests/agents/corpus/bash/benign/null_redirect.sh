ls /missing 2>/dev/null || true
echo error >&2
command -v python3 >/dev/null 2>&1 && echo yes
