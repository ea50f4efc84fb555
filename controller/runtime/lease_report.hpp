#pragma once

#include "runtime/lease_client.hpp"
#include "runtime/lease_machine.hpp"
#include "support/error.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace runtime {

// How a failed request counts for the machine.
lease_failure failure_of(lease_step step, const support::error& error);

// Writes the log of one election. A failure that repeats is one line, until a request of its kind succeeds.
class lease_report
{
public:
    lease_report(std::string name_space, std::string name, std::string identity);

    void gained(predecessor before) const;
    void lost(const std::string& why) const;
    void released(bool every_put_resolved) const;
    void holder_is(const std::string& holder);
    void failed(lease_step step, const support::error& error);
    void answered(lease_step step);

private:
    struct trouble
    {
        lease_step step;
        support::errc code;
        int http_status;

        bool operator==(const trouble&) const = default;
    };

    std::string lease() const { return name_space_ + "/" + name_; }
    std::string missing_rule(lease_step step) const;

    std::string name_space_;
    std::string name_;
    std::string identity_;
    std::string holder_;
    std::optional<trouble> trouble_;
    std::optional<trouble> trouble_of_watch_;
};

}  // namespace runtime
