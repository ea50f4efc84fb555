#pragma once

#include "cloud/openstack/errors.hpp"

#include <string>

// The failures of lists, as far as they differ from those of reads of single objects.
namespace cloud::openstack {

// A list that cannot be read as a whole; `why` for people.
inline error no_list_of(const question& asked, const std::string& why)
{
    return {
        .kind = failure::not_supported,
        .message = name_of(asked.asked) + ": " + asked.object + " is not read, because " + why,
        .refs = {},
        .retry_after = std::nullopt
    };
}

// The failure of a request for a page. A list exists as long as its project, so a 404 is about the path.
inline error of_list(error failed)
{
    if (failed.kind == failure::not_found)
    {
        failed.kind = failure::transient;
    }
    return failed;
}

}  // namespace cloud::openstack
