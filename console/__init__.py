"""The staff's web (员工端): sign-in, roster, practice, supervision, the physician's phone page."""
