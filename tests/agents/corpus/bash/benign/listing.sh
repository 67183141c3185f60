ls -la | grep ".txt" | wc -l
