package main

func Command(s string) string { return s }

func Remove(s string) {}

func main() { Remove(Command("id")) }
