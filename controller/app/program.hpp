#pragma once

#include <string>
#include <vector>

namespace app {

// Runs the whole program with the machine's sockets, clock, files and signals. Returns the exit code: 0 after
// SIGTERM or SIGINT, 1 for a failure of the program itself, 2 for configuration that is malformed or missing
// (one line on standard error says what is wrong and what to do).
int run_program(const std::vector<std::string>& arguments);

}  // namespace app
