-- The health of a CertificateBinding for Argo CD. docs/gitops.md shows how to install it.
-- Argo CD runs Lua 5.1, by default with the libraries base and table alone.

local generation = obj.metadata.generation
local status = obj.status or {}

-- A condition of this generation; nil if there is none.
local function condition(name)
  for _, entry in ipairs(status.conditions or {}) do
    if entry.type == name and (entry.observedGeneration or generation) == generation then
      return entry
    end
  end
  return nil
end

local function is_true(name)
  local found = condition(name)
  return found ~= nil and found.status == "True"
end

-- What the condition Ready says, or `otherwise` if it says nothing yet.
local function words_of_ready(otherwise)
  local ready = condition("Ready") or {}
  local reason, message = ready.reason or "", ready.message or ""
  if reason == "" then
    return otherwise
  end
  if message == "" or message == reason then
    return reason
  end
  return reason .. ": " .. message
end

-- A deletion is Progressing, whatever it waits for, because Argo CD itself calls every deletion so.
if obj.metadata.deletionTimestamp ~= nil then
  return {status = "Progressing", message = words_of_ready("Pending deletion")}
end
if status.observedGeneration ~= generation then
  return {status = "Progressing", message = "The controller has not reconciled this generation yet"}
end
if is_true("Stalled") then
  return {status = "Degraded", message = words_of_ready("Stalled")}
end
if is_true("Ready") and not is_true("Reconciling") then
  return {status = "Healthy", message = words_of_ready("Ready")}
end
return {status = "Progressing", message = words_of_ready("The controller has not reported whether it is ready")}
