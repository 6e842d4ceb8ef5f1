-- The work, in Lua. The event comes as a table: Lua has no JSON of its own.
local function words(text)
  return text:lower():gmatch("[a-z0-9]+")
end

function route(event)
  local counts = {}
  for word in words(event.text) do
    if #word > 2 then counts[word] = (counts[word] or 0) + 1 end
  end
  local best, most, score, matched = event.repositories[1], 0, 0, {}
  for _, repository in ipairs(event.repositories) do
    local points, found, seen = 0, {}, {}
    for _, from in ipairs({ { repository.name, 10 }, { repository.description, 1 } }) do
      for word in words(from[1]) do
        local count = #word > 2 and counts[word]
        if count then
          points = points + from[2] * count
          if not seen[word] then
            seen[word] = true
            found[#found + 1] = word
          end
        end
      end
    end
    if points > most then
      most, best = points, repository
      score = math.min(300 + 10 * points, 900)
      table.sort(found)
      matched = found
    end
  end
  return { place = best.name, score = score, reason = "the request speaks of " .. best.name, matched = matched }
end
