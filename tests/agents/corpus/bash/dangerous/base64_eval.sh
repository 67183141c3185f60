eval "$(echo cm0gLXJmIHg= | base64 -d)"
