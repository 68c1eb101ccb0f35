"""Programs as records: jaxprs, StableHLO, optimised HLO, linked to the source."""
