#pragma once

#include "binding/credentials/credentials.hpp"
#include "cloud/credentials.hpp"
#include "kube/client.hpp"
#include "support/error.hpp"
#include "support/offload.hpp"
#include "support/secret.hpp"
#include "support/task_group.hpp"

#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <string>

namespace binding {

// Parses the Secrets that the API server shows, apart from the event loop, because their content is a
// stranger's.
//
// Flow: read() keeps the newest state of each Secret -> one Secret at a time is parsed, the namespaces in
// turn -> parts::done.
class secret_reader
{
public:
    struct parts
    {
        support::offload& offload;
        cloud::credential_reader::parser parse;
        support::task_group& tasks;
        // Called from the loop.
        std::function<void(const secret_name&, support::result<shown_secret>)> done;
    };

    explicit secret_reader(parts parts);

    // `version`: of the state. A state that is being read already is not read twice.
    void read(const secret_name& name, std::string version, kube::object_json object);
    // What was shown of the Secret counts no longer.
    void drop(const secret_name& name);
    // Whether a state of the Secret is still to be told.
    bool is_reading(const secret_name& name);

private:
    struct state
    {
        secret_name name;
        std::string version;
        support::secret object;  // as the API server sent it
    };
    support::task<> run();
    state* waiting(const secret_name& name);
    // Of the namespace that is next.
    std::optional<state> take();

    parts parts_;
    std::map<support::interned, std::deque<state>> waiting_;  // by namespace
    support::interned served_;                                // the namespace that came last
    std::optional<secret_name> in_work_;                      // empty: no state that is to be told
    std::string version_in_work_;
    bool runs_ = false;
};

}  // namespace binding
