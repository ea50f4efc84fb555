#pragma once

#include <filesystem>

// Tells whether the owner of a folder of servers still runs: the kernel releases the lock when the owner ends
// in any way.
namespace testbed {

class folder_lock final
{
public:
    // Empties `folder` and locks it for this process. std::runtime_error if another process holds it.
    explicit folder_lock(const std::filesystem::path& folder);
    folder_lock(const folder_lock&) = delete;
    folder_lock& operator=(const folder_lock&) = delete;
    ~folder_lock();

private:
    int fd_;
};

// Asks the process that holds `folder` to end and waits for its end; false if no process holds it.
bool end_holder(const std::filesystem::path& folder);

// Removes the folders in `parent` that no process holds, which killed processes have left.
void remove_abandoned(const std::filesystem::path& parent);

}  // namespace testbed
