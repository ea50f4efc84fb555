#pragma once

#include "app/file_shares.hpp"
#include "app/options.hpp"
#include "app/surroundings.hpp"
#include "support/error.hpp"

namespace app {

inline constexpr int exit_stopped = 0;
inline constexpr int exit_bug = 1;
inline constexpr int exit_misconfigured = 2;

// The controller and its servers, from the start to the end: returns when a signal has ended it, with the
// code to exit with. Errors: invalid, with one line for the user; nothing has begun.
// `files`: within the limits of `options`.
support::result<int> run_process(
    const options& options, const surroundings& around, const file_shares& files
);

}  // namespace app
