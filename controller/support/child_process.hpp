#pragma once

#include "support/clock.hpp"
#include "support/error.hpp"
#include "support/task.hpp"

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

namespace support {

struct child_command
{
    std::string program;  // a path, or a name that is looked up in PATH
    std::vector<std::string> arguments;
    // Added to the variables of this process; the last one of a name counts.
    std::vector<std::pair<std::string, std::string>> environment;
};

struct child_outcome
{
    int exit_code = 0;  // 128 + the signal if a signal ended the program, as in a shell
    std::string out;
    std::string err;  // its end is cut off if it is long
};

// Runs a program beside the loop until it ends and its output is closed. Its standard input is empty, it has
// no terminal and inherits no open file. At `deadline`, at a cancellation, and when it prints more than
// `largest` bytes to its standard output, it is killed with its process group; a program that it started in
// a group of its own lives on. Errors: unreachable
// (the program is not there or may not be run), interrupted (the deadline), too_large. The message holds
// nothing of the output.
task<result<child_outcome>> run_child(
    clock& clock, child_command command, time_point deadline, std::size_t largest
);

}  // namespace support
