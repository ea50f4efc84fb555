#pragma once

#include <functional>

namespace testbed {

// Asks until `condition` holds. False after two minutes, which is no estimate of a duration: it means that
// the program hangs.
bool poll_until(const std::function<bool()>& condition);

}  // namespace testbed
