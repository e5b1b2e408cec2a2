-- ARGV: 2 incident.
return read_incident(ARGV[2])
