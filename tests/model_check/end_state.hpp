#pragma once

#include "model_check/model.hpp"

namespace prove {

// L1, L2: what is wrong with a world that was left alone, whose certificates are all usable and readable; the
// name of the invariant first. Empty: nothing.
std::vector<std::string> look_at_end(const model& world);

}  // namespace prove
