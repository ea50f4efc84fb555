#pragma once

#include "binding/credentials/credential_source.hpp"
#include "binding/index/binding_store.hpp"
#include "binding/observed/target_state.hpp"
#include "net/http/handler.hpp"
#include "runtime/work_queue.hpp"
#include "support/clock.hpp"

#include <functional>
#include <string_view>

namespace app {

// What /debug/targets reads.
struct debug_sources
{
    const runtime::work_queue<binding::target>& queue;
    const binding::binding_store& bindings;
    const binding::credential_source& credentials;
    std::function<const binding::target_facts*(const binding::target&)> facts_of;  // null: nothing is known
    support::clock& clock;
};

// A page of the targets that wait or are in work, as JSON with one line for each: what it waits for, since
// when, when it is looked at next, and its last error. The order is stable: region, listener, cloud.
// `query`, all optional: limit (1 to 500, 100 by default); waits_for, such as person or work; continue, as
// the page before gave it. A page has fewer targets than `limit` if many others were looked at in between.
// 400 for any other query. Nothing secret is shown.
net::page debug_targets(std::string_view query, const debug_sources& from);

// The same page where there are no targets.
net::page no_debug_targets(std::string_view query);

}  // namespace app
