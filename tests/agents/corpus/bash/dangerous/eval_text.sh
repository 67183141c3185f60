eval "ls -l"
