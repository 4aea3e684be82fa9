"""Error rates of a pack on a folder of portraits, after ISO/IEC 19795-1."""
