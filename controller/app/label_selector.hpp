#pragma once

#include "support/error.hpp"

#include <string>

namespace app {

// Whether the API server will read `text` as a label selector: requirements separated by commas, each of them
// `key`, `!key`, `key=value`, `key==value`, `key!=value`, `key in (a,b)`, `key notin (a,b)`, `key<5` or
// `key>5`. Errors: invalid, with the requirement that is none.
// https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/#label-selectors
support::result<> check_label_selector(const std::string& text);

}  // namespace app
