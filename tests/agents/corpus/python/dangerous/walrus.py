import os
if (m := os):
    m.system("id")
