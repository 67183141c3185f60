from epics import caput
caput("DEVICE:SP", 3)
