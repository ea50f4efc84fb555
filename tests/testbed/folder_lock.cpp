#include "testbed/folder_lock.hpp"

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <fcntl.h>
#include <stdexcept>
#include <string>
#include <sys/file.h>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>

namespace testbed {
namespace {

namespace fs = std::filesystem;

fs::path lock_file(const fs::path& folder)
{
    return folder / "lock";
}

// Its previous holder may have removed the folder together with the file that is locked here.
bool still_in_place(int fd, const fs::path& file)
{
    struct stat ours = {};
    struct stat theirs = {};
    return ::fstat(fd, &ours) == 0 && ::stat(file.c_str(), &theirs) == 0 && ours.st_ino == theirs.st_ino;
}

bool is_held(const fs::path& folder)
{
    const int fd = ::open(lock_file(folder).c_str(), O_RDONLY | O_CLOEXEC);
    if (fd < 0)
    {
        return false;
    }
    const bool held = ::flock(fd, LOCK_SH | LOCK_NB) != 0;
    ::close(fd);
    return held;
}

}  // namespace

folder_lock::folder_lock(const fs::path& folder)
{
    const auto file = lock_file(folder);
    for (;;)
    {
        fs::create_directories(folder);
        fs::permissions(folder, fs::perms::owner_all);
        fd_ = ::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
        if (fd_ < 0)
        {
            throw std::system_error(errno, std::generic_category(), file.string());
        }
        if (::flock(fd_, LOCK_EX | LOCK_NB) != 0)
        {
            ::close(fd_);
            throw std::runtime_error("another process runs servers in " + folder.string());
        }
        if (still_in_place(fd_, file))
        {
            break;
        }
        ::close(fd_);
    }
    for (const auto& entry : fs::directory_iterator(folder))
    {
        if (entry.path() != file)
        {
            fs::remove_all(entry.path());
        }
    }
    const auto pid = std::to_string(::getpid());
    if (::ftruncate(fd_, 0) != 0 || ::pwrite(fd_, pid.data(), pid.size(), 0) < 0)
    {
        ::close(fd_);
        throw std::system_error(errno, std::generic_category(), file.string());
    }
}

folder_lock::~folder_lock()
{
    ::close(fd_);
}

bool end_holder(const fs::path& folder)
{
    const int fd = ::open(lock_file(folder).c_str(), O_RDONLY | O_CLOEXEC);
    if (fd < 0)
    {
        return false;
    }
    const bool held = ::flock(fd, LOCK_SH | LOCK_NB) != 0;
    if (held)
    {
        char pid[16] = {};
        const bool known = ::pread(fd, pid, sizeof pid - 1, 0) > 0 && std::atoi(pid) > 1;
        if (!known || ::kill(std::atoi(pid), SIGTERM) != 0)
        {
            ::close(fd);
            throw std::runtime_error("the owner of " + folder.string() + " cannot be ended");
        }
        ::flock(fd, LOCK_SH);
    }
    ::close(fd);
    return held;
}

void remove_abandoned(const fs::path& parent)
{
    std::error_code none;
    for (const auto& entry : fs::directory_iterator(parent, none))
    {
        // An empty lock file belongs to a process that is about to take the lock.
        const auto lock = lock_file(entry.path());
        if (fs::exists(lock, none) && fs::file_size(lock, none) > 0 && !is_held(entry.path()))
        {
            fs::remove_all(entry.path(), none);
        }
    }
}

}  // namespace testbed
