#pragma once

#include <filesystem>

// Says of a folder of servers whether its owner still lives: the kernel lets go of the lock when the owner
// ends in any way.
namespace testbed {

class folder_lock final
{
public:
    // Makes `folder` anew for us alone. std::runtime_error if another process holds it.
    explicit folder_lock(const std::filesystem::path& folder);
    folder_lock(const folder_lock&) = delete;
    folder_lock& operator=(const folder_lock&) = delete;
    ~folder_lock();

private:
    int fd_;
};

// Asks the process that holds `folder` to end and waits until it has; false if nobody holds it.
bool end_holder(const std::filesystem::path& folder);

// Removes what processes that were killed left in `parent`: folders that nobody holds.
void remove_abandoned(const std::filesystem::path& parent);

}  // namespace testbed
