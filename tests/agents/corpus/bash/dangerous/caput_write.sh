caput DEVICE:SP 3
