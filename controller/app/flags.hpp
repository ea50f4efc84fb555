#pragma once

#include "app/options.hpp"
#include "app/raw_options.hpp"

#include <string_view>

namespace CLI {
class App;
}

namespace app {

// The one flag that may stand without a value, as for the components of Kubernetes.
inline constexpr auto leader_elect = "--leader-elect";

// Declares the flags, with their help. CLI11 stores their values in `parsed` and `raw`, which must outlive
// the parsing.
void declare_flags(CLI::App& cli, options& parsed, raw_options& raw);

// Whether an empty value of the flag means its default. An empty value of any other flag is refused, because
// it would give rights, or act on more namespaces, than somebody meant.
bool may_be_empty(std::string_view flag);

}  // namespace app
