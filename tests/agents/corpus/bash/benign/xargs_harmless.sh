ls | xargs -I{} echo "file {}"
