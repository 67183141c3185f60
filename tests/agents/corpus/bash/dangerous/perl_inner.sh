perl -e "unlink glob q(*)"
