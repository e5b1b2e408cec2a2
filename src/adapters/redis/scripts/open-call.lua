-- ARGV: 2 id of the message, 3 JSON. Answers 1, or 0 where the incident has such a call.
return open_call(ARGV[2] .. '-' .. NOW, ARGV[3])
