#include "api/answers.hpp"
#include "api/calls.hpp"
#include "api/http_status.hpp"
#include "api/outcome.hpp"

#include <utility>

namespace api {

using support::task;

task<result<net::page>> delete_binding(call call, waiting& places, support::time_point deadline)
{
    bindings objects(call.as_caller, call.where.name_space);
    auto found = co_await objects.find(call.where, call.find);
    if (!found)
    {
        co_return std::unexpected(found.error());
    }
    const auto place = places.take();
    if (place)
    {
        place->follow(found->uid);
    }
    const auto removed = co_await objects.remove(*found, false);
    if (!removed)
    {
        co_return std::unexpected(removed.error());
    }
    net::page done;
    done.status = http::no_content;
    done.content_type.clear();
    if (*removed != bindings::removed::waits)
    {
        co_return done;
    }
    found->deleting = true;
    for (;;)
    {
        if (place && place->gone())
        {
            co_return done;
        }
        const auto* seen = call.find(found->uid);
        if (!place || place->ended() || call.clock.now() >= deadline || deletion_needs_person(seen))
        {
            auto object = seen == nullptr ? *found : *seen;
            object.deleting = true;
            co_return binding_page(http::accepted, object);
        }
        co_await place->wait(deadline);
    }
}

}  // namespace api
