"""How long tests wait for what ought to come."""

# Reached only by what is broken: a busy machine may be ten times slower than an idle one.
PATIENCE_S = 600
