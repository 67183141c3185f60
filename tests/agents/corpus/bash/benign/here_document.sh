cat <<END
rm -rf /
$(date)
END
cat <<< "text"
