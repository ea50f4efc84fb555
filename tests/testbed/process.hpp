#pragma once

#include <filesystem>
#include <iosfwd>
#include <map>
#include <string>
#include <sys/types.h>
#include <vector>

// Programs that a test runs: to their end, or beside it for as long as it lives. None outlives the thread
// that started it: the kernel kills them when that thread ends, be it by SIGKILL.
namespace testbed {

struct command
{
    std::filesystem::path program;  // a path, or a name that PATH knows
    std::vector<std::string> arguments = {};
    std::map<std::string, std::string> environment = {};  // on top of ours
    std::string input = {};                               // what it reads from standard input
};

// The exit code of a program; of one that a signal ended 128 + the signal, as the shell has it; 127 if it
// cannot be started.
using exit_code = int;

struct outcome
{
    exit_code code = 0;
    std::string out;
    std::string err;
};

std::ostream& operator<<(std::ostream& stream, const outcome& value);

// Runs a program to its end.
outcome run(const command& what);

// Runs a program to its end, its standard error being ours: for what shows people how far it is.
outcome run_visibly(const command& what);

// A program that runs beside us. Both its standard streams are appended to a file.
class child final
{
public:
    child(const command& what, std::filesystem::path output);
    child(child&& other) noexcept;
    child& operator=(child&& other) noexcept;
    ~child();  // SIGKILL, if it still runs

    pid_t pid() const { return pid_; }
    bool running();
    void signal(int number);
    exit_code wait();  // until it has ended
    std::string output() const;

private:
    void reap(int options);

    pid_t pid_ = -1;
    bool ended_ = false;
    exit_code code_ = 0;
    std::filesystem::path output_;
};

// Whether a process of this id runs, whoever started it. One that ended and waits for its parent does not
// run.
bool process_runs(pid_t pid);

}  // namespace testbed
