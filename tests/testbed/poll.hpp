#pragma once

#include <functional>

namespace testbed {

// Asks until `condition` holds. The bound of two minutes is no expectation of how long a thing takes: false
// means that it hangs.
bool poll_until(const std::function<bool()>& condition);

}  // namespace testbed
