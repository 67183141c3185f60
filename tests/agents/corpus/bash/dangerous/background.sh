sleep 100 &
