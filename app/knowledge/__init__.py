"""What the desk knows beside its cases: addresses, information cards, deadlines, sightings."""
