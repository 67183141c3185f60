python3 -c "print(sum(range(10)))"
python3 --version
