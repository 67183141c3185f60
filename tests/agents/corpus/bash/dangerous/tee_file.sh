echo x | tee out.txt
