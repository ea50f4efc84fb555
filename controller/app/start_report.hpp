#pragma once

#include "app/election.hpp"
#include "app/options.hpp"
#include "app/servers.hpp"
#include "app/surroundings.hpp"

namespace app {

// The first lines of the log: what runs with which cluster and cloud, where it serves, how the servers are
// reached, and what of the options has an effect that is seldom wanted. `taking_part`: null without an
// election.
void log_start(
    const options& options, const surroundings& around, const servers& serving, const election* taking_part
);

}  // namespace app
