"""Which device holds what: arrays, programs and the devices themselves."""
