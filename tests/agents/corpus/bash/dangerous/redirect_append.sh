echo hello >> out.txt
