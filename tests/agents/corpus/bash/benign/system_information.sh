uname -a; date +%F; whoami; df -h; free -m; ps aux | head; nproc; env | sort | head -3
