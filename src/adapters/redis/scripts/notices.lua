-- Notices: list notice:<stream> of JSON, oldest first; notices:due stream -> when; notices:tries stream -> of its first;
-- notices:known 'stream key' -> when it was queued; notices:upto the journal entry they have been made up to.
local function notice_key(stream)
  return P .. 'notice:' .. stream
end
