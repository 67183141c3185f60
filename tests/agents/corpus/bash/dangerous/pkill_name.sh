pkill -f server
