// testbed-servers runs testbed::servers beside the shell that started it, for the demo.

#include "testbed/folder_lock.hpp"
#include "testbed/servers.hpp"

#include <csignal>
#include <cstring>
#include <exception>
#include <fcntl.h>
#include <iostream>
#include <string>
#include <unistd.h>
#include <vector>

namespace {

namespace fs = std::filesystem;

constexpr auto usage =
    "testbed-servers start FOLDER [--controller-manager]   start etcd and kube-apiserver, return when they "
    "are ready\n"
    "testbed-servers run FOLDER [--controller-manager]     the same until SIGTERM or SIGINT\n"
    "testbed-servers stop FOLDER                           stop what runs in FOLDER and remove it\n";

// Runs until a signal asks for the end; returns 1 if a server ended before.
int run(const testbed::servers_options& options, int ready_pipe)
{
    sigset_t signals;
    ::sigemptyset(&signals);
    for (const int number : {SIGTERM, SIGINT, SIGHUP, SIGCHLD})
    {
        ::sigaddset(&signals, number);
    }
    ::sigprocmask(SIG_BLOCK, &signals, nullptr);

    testbed::servers servers(options);
    if (ready_pipe >= 0)
    {
        // The shell that started this program may end from here on.
        const int null = ::open("/dev/null", O_RDWR);
        for (const int fd : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO})
        {
            ::dup2(null, fd);
        }
        static_cast<void>(!::write(ready_pipe, "r", 1));
        ::close(ready_pipe);
    }
    else
    {
        std::cout << "ready" << std::endl;
    }
    for (;;)
    {
        int number = 0;
        ::sigwait(&signals, &number);
        if (number != SIGCHLD)
        {
            return 0;
        }
        if (!servers.running())
        {
            servers.keep_folder();
            return 1;
        }
    }
}

int start(const testbed::servers_options& options)
{
    int ready[2];
    if (::pipe2(ready, O_CLOEXEC) != 0)
    {
        std::cerr << "testbed-servers: " << std::strerror(errno) << "\n";
        return 1;
    }
    const pid_t pid = ::fork();
    if (pid == 0)
    {
        ::close(ready[0]);
        ::setsid();
        return run(options, ready[1]);
    }
    ::close(ready[1]);
    char byte = 0;
    return pid > 0 && ::read(ready[0], &byte, 1) == 1 ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv)
{
    const std::vector<std::string> arguments(argv + 1, argv + argc);
    const auto verb = arguments.empty() ? std::string{} : arguments[0];
    const bool managed = arguments.size() == 3 && arguments[2] == "--controller-manager";
    if ((arguments.size() != 2 && !managed) || (verb != "start" && verb != "run" && verb != "stop"))
    {
        std::cerr << usage;
        return 2;
    }
    const auto folder = fs::absolute(arguments[1]);
    try
    {
        if (verb == "stop")
        {
            testbed::end_holder(folder);
            fs::remove_all(folder);
            return 0;
        }
        const testbed::servers_options options{.folder = folder, .controller_manager = managed};
        return verb == "start" ? start(options) : run(options, -1);
    }
    catch (const std::exception& problem)
    {
        std::cerr << "testbed-servers: " << problem.what() << "\n";
        return 1;
    }
}
