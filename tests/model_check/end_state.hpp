#pragma once

#include "model_check/model.hpp"

namespace prove {

// L1, L2: the faults of a world that was left alone and whose certificates are all usable and readable. A
// fault begins with the name of the invariant.
std::vector<std::string> check_end(const model& world);

}  // namespace prove
