source ./settings.sh
