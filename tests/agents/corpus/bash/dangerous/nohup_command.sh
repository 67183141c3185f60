nohup ./server
