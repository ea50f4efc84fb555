#pragma once

#include <filesystem>
#include <iosfwd>
#include <map>
#include <string>
#include <sys/types.h>
#include <vector>

// Programs that a test runs, to their end or in the background. No program outlives the thread that started
// it, because the kernel kills it by SIGKILL when that thread ends.
namespace testbed {

struct command
{
    std::filesystem::path program;  // a path, or a name in PATH
    std::vector<std::string> arguments = {};
    std::map<std::string, std::string> environment = {};  // added to our own
    std::string input = {};                               // its standard input
};

// The exit code of a program; 128 + the signal if a signal ended it, as in a shell; 127 if it cannot be
// started.
using exit_code = int;

struct outcome
{
    exit_code code = 0;
    std::string out;
    std::string err;
};

std::ostream& operator<<(std::ostream& stream, const outcome& value);

// Runs a program to its end.
outcome run(const command& to_run);

// Runs a program to its end. Its standard error is ours, so that people see its progress.
outcome run_visibly(const command& to_run);

// A program in the background. Its standard output and standard error are appended to a file.
class child final
{
public:
    child(const command& to_run, std::filesystem::path output);
    child(child&& other) noexcept;
    child& operator=(child&& other) noexcept;
    ~child();  // sends SIGKILL if the program still runs

    pid_t pid() const { return pid_; }
    bool running();
    void signal(int number);
    exit_code wait();  // waits until it has ended
    std::string output() const;

private:
    void reap(int options);

    pid_t pid_ = -1;
    bool ended_ = false;
    exit_code code_ = 0;
    std::filesystem::path output_;
};

// Whether a process of this id runs, whoever started it. A process that has ended and waits for its parent
// does not run.
bool process_runs(pid_t pid);

}  // namespace testbed
