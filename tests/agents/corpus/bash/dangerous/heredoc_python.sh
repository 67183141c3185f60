python3 - <<'END'
import shutil
shutil.rmtree("x")
END
