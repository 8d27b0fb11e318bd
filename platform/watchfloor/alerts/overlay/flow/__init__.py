"""From a false positive to an exception: what fits an incident, who must agree, and when somebody is reminded."""
