find . -name "*.txt" -exec wc -l {} +
