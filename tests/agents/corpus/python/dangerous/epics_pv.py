import epics
pv = epics.PV("DEVICE:SP")
pv.put(3)
