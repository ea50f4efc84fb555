#pragma once

#include <functional>

namespace testbed {

// Asks until `condition` holds. False after two minutes, because a program hangs that has not come so far by
// then.
bool poll_until(const std::function<bool()>& condition);

}  // namespace testbed
