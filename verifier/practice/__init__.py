"""Practice (执业): who may practise where, check-ins, windows, and what a HIS asks of them."""
