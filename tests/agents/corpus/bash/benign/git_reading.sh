git status --short
git log --oneline -5
git diff HEAD~1
