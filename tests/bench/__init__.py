"""The benchmark behind `make bench`: the packaged input beside peers and floor, in one run."""
