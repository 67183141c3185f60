cp /etc/passwd .
