env X=1 timeout 5 rm x
