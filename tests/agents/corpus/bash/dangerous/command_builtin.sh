command rm x
