python3 - <<'END'
print("rm -rf /")
END
