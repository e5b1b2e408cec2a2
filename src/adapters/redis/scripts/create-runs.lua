-- ARGV: 2… runs, see new-runs.lua. Answers the ids created.
return create_runs(2)
