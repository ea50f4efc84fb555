#pragma once

#include "cloud/openstack/service_client.hpp"
#include "support/task.hpp"

#include <string>

namespace cloud::openstack {

// Asks for one page of a list. A failure that may pass by itself (a 5xx, a broken connection, a 429) does not
// end the list: the page is asked for up to four times, with a growing pause, and no earlier than Retry-After
// says. A failure that names the `marker` is about the list, so it is given back at once; empty: none does.
support::task<answer<net::http_response>> ask_for_page(
    service_client& services,
    question asked,
    std::string region,
    service_request request,
    std::string marker = {}
);

// A list that cannot be read as a whole; `why` for people.
error no_list_of(const question& asked, const std::string& why);

}  // namespace cloud::openstack
