#pragma once

#include "app/bindings_api_options.hpp"
#include "app/leader_options.hpp"
#include "app/options.hpp"
#include "support/error.hpp"

#include <functional>
#include <string>

namespace app {

// The values of the flags as text, before they are parsed.
struct raw_options
{
    std::string resync_period = "10m";
    std::string write_deadline = "30s";
    std::string cloud_timeout = "1m";
    std::string metrics = "0";
    std::string debug = "0";
    std::string expiry_metrics = "true";
    std::string cloud_requests = "512";
    std::string requests_per_server = "64";
    std::string kubernetes_requests = "32";
    std::string loop_lag_warning = "2s";
    std::string credential_namespaces;
    std::string allowed_auth_urls;
    std::string expiry_warning_days = "30,14,7,3,1";
    std::string log_level = "info";
    std::string log_format = "text";
    raw_bindings_api bindings_api;
    raw_leader leader;
};

// The name for messages by which the user gave an option: the flag or its variable.
using giver = std::function<std::string(const std::string& flag)>;

// Errors: invalid, with the flag and what is wrong.
support::result<> understand(const raw_options& raw, const giver& given_by, options& into);

}  // namespace app
