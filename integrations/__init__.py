"""What speaks to other systems. Each adapter implements a port that is declared where it is needed;
`shualian` joins the two."""
