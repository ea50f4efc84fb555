#pragma once

#include "cloud/credentials.hpp"
#include "cloud/openstack/cloud_files.hpp"
#include "support/clock.hpp"
#include "support/error.hpp"
#include "support/task.hpp"

#include <functional>
#include <memory>
#include <string>

namespace app {

// Reads the controller's own cloud again each minute, so that a new password or CA needs no restart. A file
// that was not read from a regular file, such as a pipe, is read once alone. What cannot be read or
// understood changes nothing, and is told once.
class own_credential
{
public:
    struct parts
    {
        support::clock& clock;
        // The cloud as the options and files name it now.
        std::function<support::result<cloud::openstack::found_entry>()> find;
        // The credential of an entry: the same object for the same content.
        std::function<support::result<std::shared_ptr<cloud::credential>>(cloud::openstack::cloud_entry)>
            share;
        std::function<void(std::shared_ptr<cloud::credential>)> use;  // called when the content has changed
    };

    // `path`: of the clouds.yaml that `now` was read from.
    own_credential(parts parts, std::string path, std::shared_ptr<cloud::credential> now);

    support::task<> run();

private:
    void look();
    support::result<std::shared_ptr<cloud::credential>> read();

    parts parts_;
    std::string path_;
    std::shared_ptr<cloud::credential> now_;
    std::string told_;
};

}  // namespace app
