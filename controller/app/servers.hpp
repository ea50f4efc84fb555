#pragma once

#include "app/bindings_api.hpp"
#include "app/controller.hpp"
#include "app/options.hpp"
#include "app/rights_check.hpp"
#include "net/http/server.hpp"
#include "support/error.hpp"
#include "support/task.hpp"

#include <memory>
#include <string>
#include <vector>

namespace app {

// What the program serves where the options name an address for it: the bindings API, the pages for operators
// and the pages for whoever looks for a fault.
class servers
{
public:
    // Listens at each address. Errors: invalid, with the flag. The parts must live until run() returns.
    support::result<> listen(
        const bindings_api::parts& parts, const rights_check& rights, const options& options
    );

    // Serves until stop().
    support::task<> run();
    void stop();

    // While the pages are still served: the bindings API answers the requests that wait, and takes no more
    // ...
    void stop_bindings_api();
    // ... or ends at once.
    void abort_bindings_api();

    // The index has taken over a change of a binding.
    void changed(const binding::object_changed& change);

    // Where it is served, for people: "off", "https://[::1]:8443".
    std::string url_of_bindings_api() const;
    // "off", "[::1]:8080"
    std::string address_of_metrics() const { return address_of_metrics_; }

private:
    support::result<> keep(support::result<std::unique_ptr<net::server>> listening);

    std::unique_ptr<bindings_api> door_;
    std::vector<std::unique_ptr<net::server>> pages_;
    std::string address_of_metrics_ = "off";
};

}  // namespace app
