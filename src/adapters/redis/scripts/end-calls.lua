-- ARGV: 2 incident, which need not be there, 3 why.
acknowledge_calls(ARGV[2], ARGV[3])
return 1
