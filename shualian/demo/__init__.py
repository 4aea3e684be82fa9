"""The demo hospital: invented people, simulated devices, the visits."""
