-- One round trip. Left to itself, the server plans the first five of a connection anew.
SET LOCAL plan_cache_mode TO force_generic_plan;
EXECUTE refresh_race ({race});
SET LOCAL plan_cache_mode TO DEFAULT
