#include "testbed/process.hpp"

#include "testbed/files.hpp"

#include <cerrno>
#include <csignal>
#include <cstring>
#include <fcntl.h>
#include <fstream>
#include <ostream>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <system_error>
#include <unistd.h>
#include <utility>

namespace testbed {
namespace {

template <class Result>
Result checked(Result result, const char* doing)
{
    if (result < 0)
    {
        throw std::system_error(errno, std::generic_category(), doing);
    }
    return result;
}

class descriptor final
{
public:
    explicit descriptor(int fd) : fd_(fd) {}
    descriptor(descriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
    descriptor& operator=(descriptor&&) = delete;
    ~descriptor() { ::close(fd_); }

    int get() const { return fd_; }

private:
    int fd_;
};

// A file without a name, because a program that writes to it never has to wait for a reader.
descriptor memory_file(const std::string& content = {})
{
    descriptor file(checked(::memfd_create("testbed", MFD_CLOEXEC), "memfd_create"));
    for (std::size_t written = 0; written < content.size();)
    {
        const auto size = ::write(file.get(), content.data() + written, content.size() - written);
        written += static_cast<std::size_t>(checked(size, "write"));
    }
    checked(::lseek(file.get(), 0, SEEK_SET), "lseek");
    return file;
}

std::string content_of(const descriptor& file)
{
    std::string content(static_cast<std::size_t>(checked(::lseek(file.get(), 0, SEEK_END), "lseek")), '\0');
    const auto size = ::pread(file.get(), content.data(), content.size(), 0);
    content.resize(static_cast<std::size_t>(checked(size, "pread")));
    return content;
}

std::vector<std::string> merged_environment(const std::map<std::string, std::string>& added)
{
    std::vector<std::string> result;
    for (char** entry = environ; *entry != nullptr; ++entry)
    {
        const std::string text = *entry;
        if (!added.contains(text.substr(0, text.find('='))))
        {
            result.push_back(text);
        }
    }
    for (const auto& [name, value] : added)
    {
        result.push_back(name + "=" + value);
    }
    return result;
}

std::vector<char*> pointers(std::vector<std::string>& texts)
{
    std::vector<char*> result;
    for (auto& text : texts)
    {
        result.push_back(text.data());
    }
    result.push_back(nullptr);
    return result;
}

pid_t start(const command& to_run, int in, int out, int err)
{
    std::vector<std::string> words{to_run.program.string()};
    words.insert(words.end(), to_run.arguments.begin(), to_run.arguments.end());
    auto environment = merged_environment(to_run.environment);
    const auto argv = pointers(words);
    const auto envp = pointers(environment);
    const pid_t parent = ::getpid();
    const pid_t pid = checked(::fork(), "fork");
    if (pid != 0)
    {
        return pid;
    }
    // Only async-signal-safe calls between fork and exec.
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (::getppid() != parent)
    {
        // The parent ended before the kernel had the request.
        ::_exit(127);
    }
    sigset_t none;
    ::sigemptyset(&none);
    ::sigprocmask(SIG_SETMASK, &none, nullptr);
    ::dup2(in, STDIN_FILENO);
    ::dup2(out, STDOUT_FILENO);
    ::dup2(err, STDERR_FILENO);
    // What a library of the parent opened: a child with a copy of a socket would keep its connection open.
    ::close_range(STDERR_FILENO + 1, ~0U, CLOSE_RANGE_CLOEXEC);
    ::execvpe(argv[0], argv.data(), envp.data());
    const char* const reason = ::strerror(errno);
    for (const char* part : {static_cast<const char*>(argv[0]), ": ", reason, "\n"})
    {
        static_cast<void>(!::write(STDERR_FILENO, part, ::strlen(part)));
    }
    ::_exit(127);
}

exit_code code_of(int status)
{
    return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

exit_code wait_for(pid_t pid)
{
    int status = 0;
    while (::waitpid(pid, &status, 0) < 0)
    {
        if (errno != EINTR)
        {
            checked(-1, "waitpid");
        }
    }
    return code_of(status);
}

}  // namespace

std::ostream& operator<<(std::ostream& stream, const outcome& value)
{
    return stream << "exit code " << value.code << "\n" << value.out << value.err;
}

outcome run(const command& to_run)
{
    const auto in = memory_file(to_run.input);
    const auto out = memory_file();
    const auto err = memory_file();
    const auto code = wait_for(start(to_run, in.get(), out.get(), err.get()));
    return {code, content_of(out), content_of(err)};
}

outcome run_visibly(const command& to_run)
{
    const auto in = memory_file(to_run.input);
    const auto out = memory_file();
    const auto code = wait_for(start(to_run, in.get(), out.get(), STDERR_FILENO));
    return {code, content_of(out), {}};
}

child::child(const command& to_run, std::filesystem::path output) : output_(std::move(output))
{
    const auto in = memory_file(to_run.input);
    const descriptor out(
        checked(::open(output_.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600), "open")
    );
    pid_ = start(to_run, in.get(), out.get(), out.get());
}

child::child(child&& other) noexcept
    : pid_(std::exchange(other.pid_, -1)),
      ended_(std::exchange(other.ended_, true)),
      code_(other.code_),
      output_(std::move(other.output_))
{}

child& child::operator=(child&& other) noexcept
{
    std::swap(pid_, other.pid_);
    std::swap(ended_, other.ended_);
    std::swap(code_, other.code_);
    std::swap(output_, other.output_);
    return *this;
}

child::~child()
{
    if (pid_ > 0 && running())
    {
        signal(SIGKILL);
        wait();
    }
}

bool child::running()
{
    int status = 0;
    if (!ended_ && ::waitpid(pid_, &status, WNOHANG) == pid_)
    {
        ended_ = true;
        code_ = code_of(status);
    }
    return !ended_;
}

void child::signal(int number)
{
    if (running())
    {
        ::kill(pid_, number);
    }
}

exit_code child::wait()
{
    if (!ended_)
    {
        code_ = wait_for(pid_);
        ended_ = true;
    }
    return code_;
}

std::string child::output() const
{
    return read_file(output_);
}

bool process_runs(pid_t pid)
{
    std::ifstream file("/proc/" + std::to_string(pid) + "/stat");
    const std::string stat{std::istreambuf_iterator<char>(file), {}};
    // "pid (name) state ...", where the name may hold any character.
    const auto name_end = stat.rfind(')');
    return name_end != std::string::npos && stat.size() > name_end + 2 && stat[name_end + 2] != 'Z' &&
           stat[name_end + 2] != 'X';
}

}  // namespace testbed
