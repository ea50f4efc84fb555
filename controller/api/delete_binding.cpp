#include "api/answers.hpp"
#include "api/calls.hpp"
#include "api/http_status.hpp"
#include "api/outcome.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

namespace api {

using namespace std::chrono_literals;
using support::task;

namespace {

// Of a binding that the index does not have, nobody tells the end, so Kubernetes is asked.
constexpr support::duration between_looks = 2s;

}  // namespace

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
    for (bool is_new = true;; is_new = false)
    {
        if (place && place->gone())
        {
            co_return done;
        }
        if (!is_new && call.find(found->uid) == nullptr && co_await objects.is_gone(*found))
        {
            co_return done;
        }
        const auto* seen = call.find(found->uid);
        const auto now = call.clock.now();
        if (!place || place->ended() || now >= deadline || deletion_needs_person(seen))
        {
            auto object = seen == nullptr ? *found : *seen;
            object.deleting = true;
            co_return binding_page(http::accepted, object);
        }
        co_await place->wait(seen == nullptr ? std::min(deadline, now + between_looks) : deadline);
    }
}

}  // namespace api
