#include "support/child_process.hpp"

#include "support/with_deadline.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <fcntl.h>
#include <map>
#include <spawn.h>
#include <string_view>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

namespace asio = boost::asio;

namespace support {
namespace {

using descriptor = asio::posix::stream_descriptor;

// What is kept of the standard error.
constexpr std::size_t largest_err = 4096;

class open_file final
{
public:
    explicit open_file(int fd = -1) : fd_(fd) {}
    open_file(open_file&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
    open_file& operator=(open_file&& other) noexcept
    {
        std::swap(fd_, other.fd_);
        return *this;
    }
    ~open_file()
    {
        if (fd_ >= 0)
        {
            ::close(fd_);
        }
    }

    int get() const { return fd_; }
    int release() { return std::exchange(fd_, -1); }

private:
    int fd_;
};

struct pipe_ends
{
    open_file read;
    open_file write;
};

result<pipe_ends> make_pipe()
{
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0)
    {
        return fail(errc::unreachable, std::strerror(errno));
    }
    return pipe_ends{open_file(ends[0]), open_file(ends[1])};
}

// The pointers that exec wants; they refer to `texts`.
std::vector<char*> pointers(std::vector<std::string>& texts)
{
    std::vector<char*> all;
    for (std::string& text : texts)
    {
        all.push_back(text.data());
    }
    all.push_back(nullptr);
    return all;
}

std::vector<std::string> variables_with(const std::vector<std::pair<std::string, std::string>>& added)
{
    std::map<std::string, std::string> values;
    for (char** variable = ::environ; *variable != nullptr; ++variable)
    {
        const std::string_view text(*variable);
        const auto equals = text.find('=');
        if (equals != std::string_view::npos)
        {
            values.insert_or_assign(
                std::string(text.substr(0, equals)), std::string(text.substr(equals + 1))
            );
        }
    }
    for (const auto& [name, value] : added)
    {
        values.insert_or_assign(name, value);
    }
    std::vector<std::string> all;
    for (const auto& [name, value] : values)
    {
        all.push_back(name + "=" + value);
    }
    return all;
}

class spawn_settings final
{
public:
    spawn_settings(int out, int err)
    {
        ::posix_spawn_file_actions_init(&files_);
        ::posix_spawn_file_actions_addopen(&files_, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
        ::posix_spawn_file_actions_adddup2(&files_, out, STDOUT_FILENO);
        ::posix_spawn_file_actions_adddup2(&files_, err, STDERR_FILENO);
        // Sockets of the loop may be open without O_CLOEXEC.
        ::posix_spawn_file_actions_addclosefrom_np(&files_, STDERR_FILENO + 1);
        ::posix_spawnattr_init(&attributes_);
        sigset_t none;
        sigset_t all;
        ::sigemptyset(&none);
        ::sigfillset(&all);
        ::posix_spawnattr_setsigmask(&attributes_, &none);
        ::posix_spawnattr_setsigdefault(&attributes_, &all);
        ::posix_spawnattr_setflags(
            &attributes_, POSIX_SPAWN_SETSID | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF
        );
    }
    spawn_settings(const spawn_settings&) = delete;
    spawn_settings& operator=(const spawn_settings&) = delete;
    ~spawn_settings()
    {
        ::posix_spawn_file_actions_destroy(&files_);
        ::posix_spawnattr_destroy(&attributes_);
    }

    const posix_spawn_file_actions_t* files() const { return &files_; }
    const posix_spawnattr_t* attributes() const { return &attributes_; }

private:
    posix_spawn_file_actions_t files_{};
    posix_spawnattr_t attributes_{};
};

// A running program that leads its session and process group. The group is killed, and the program reaped, at
// the end of its owner.
class running_child final
{
public:
    explicit running_child(pid_t pid) : pid_(pid) {}
    running_child(running_child&& other) noexcept : pid_(std::exchange(other.pid_, -1)) {}
    running_child& operator=(running_child&&) = delete;
    ~running_child()
    {
        if (pid_ > 0)
        {
            kill();
            ::waitpid(pid_, nullptr, 0);
        }
    }

    // A file that can be read when the program has ended.
    open_file end() const { return open_file(static_cast<int>(::syscall(SYS_pidfd_open, pid_, 0))); }

    void kill() const { ::kill(-pid_, SIGKILL); }

    // Only after the end.
    int reap()
    {
        int status = 0;
        ::waitpid(pid_, &status, 0);
        pid_ = -1;
        return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    }

private:
    pid_t pid_;
};

result<running_child> start(const child_command& command, int out, int err)
{
    std::vector<std::string> words{command.program};
    words.insert(words.end(), command.arguments.begin(), command.arguments.end());
    std::vector<std::string> variables = variables_with(command.environment);
    const spawn_settings settings(out, err);
    pid_t pid = -1;
    const int problem = ::posix_spawnp(
        &pid,
        command.program.c_str(),
        settings.files(),
        settings.attributes(),
        pointers(words).data(),
        pointers(variables).data()
    );
    for (std::string& variable : variables)
    {
        std::ranges::fill(variable, '\0');
    }
    if (problem != 0)
    {
        return fail(errc::unreachable, std::strerror(problem));
    }
    return running_child(pid);
}

// Reads to the end. What goes beyond `largest` is dropped; true if there was any.
task<bool> read_all(
    descriptor& from, std::string& into, std::size_t largest, const running_child* killed_when_full
)
{
    std::array<char, 4096> piece{};
    bool full = false;
    for (;;)
    {
        boost::system::error_code ended;
        const std::size_t size = co_await from.async_read_some(
            asio::buffer(piece), asio::redirect_error(asio::use_awaitable, ended)
        );
        if (ended == asio::error::operation_aborted)
        {
            throw boost::system::system_error(ended);
        }
        const std::size_t kept = std::min(size, largest - into.size());
        into.append(piece.data(), kept);
        if (kept < size && !full)
        {
            full = true;
            if (killed_when_full != nullptr)
            {
                killed_when_full->kill();
            }
        }
        if (ended)
        {
            std::ranges::fill(piece, '\0');
            co_return full;
        }
    }
}

struct open_streams
{
    descriptor out;
    descriptor err;
    descriptor end;
};

task<result<child_outcome>> finish(running_child& child, open_streams& streams, std::size_t largest)
{
    using namespace asio::experimental::awaitable_operators;
    child_outcome outcome;
    // Reserved, because a reallocation would leave a copy of a secret behind.
    outcome.out.reserve(largest);
    bool full = false;
    try
    {
        const auto [out_full, err_full] = co_await (
            read_all(streams.out, outcome.out, largest, &child) &&
            read_all(streams.err, outcome.err, largest_err, nullptr)
        );
        full = out_full;
    }
    catch (const asio::multiple_exceptions& both)
    {
        // Both reads were cancelled. The caller gets the exception that every cancelled await throws.
        std::rethrow_exception(both.first_exception());
    }
    co_await streams.end.async_wait(descriptor::wait_read, asio::use_awaitable);
    outcome.exit_code = child.reap();
    if (full)
    {
        co_return fail(errc::too_large, "printed more than " + std::to_string(largest) + " bytes");
    }
    co_return outcome;
}

}  // namespace

task<result<child_outcome>> run_child(
    clock& clock, child_command command, time_point deadline, std::size_t largest
)
{
    const auto executor = co_await asio::this_coro::executor;
    auto out = make_pipe();
    auto err = make_pipe();
    if (!out || !err)
    {
        co_return std::unexpected((out ? err : out).error());
    }
    auto child = start(command, out->write.get(), err->write.get());
    if (!child)
    {
        co_return std::unexpected(child.error());
    }
    out->write = open_file();
    err->write = open_file();
    open_file end = child->end();
    if (end.get() < 0)
    {
        co_return fail(errc::unreachable, std::string("pidfd_open: ") + std::strerror(errno));
    }
    open_streams streams{
        descriptor(executor, out->read.release()),
        descriptor(executor, err->read.release()),
        descriptor(executor, end.release())
    };
    auto outcome = co_await with_deadline(clock, deadline, finish(*child, streams, largest));
    if (!outcome)
    {
        co_return fail(errc::interrupted, "did not end in time");
    }
    co_return std::move(*outcome);
}

}  // namespace support
