#include "kube/server_status.hpp"

#include "kube/json_walk.hpp"
#include "support/text.hpp"

#include <cstdint>

namespace kube {

server_status read_status(std::string_view text)
{
    server_status status;
    const auto take = [&](std::string_view key, simdjson::ondemand::value value) {
        std::string_view text;
        std::int64_t code = 0;
        if (key == "code" && value.get_int64().get(code) == simdjson::SUCCESS && code > 0 && code < 1000)
        {
            status.code = static_cast<int>(code);
        }
        std::string* const into = key == "kind"      ? &status.kind
                                  : key == "reason"  ? &status.reason
                                  : key == "message" ? &status.message
                                                     : nullptr;
        if (into != nullptr && value.get_string().get(text) == simdjson::SUCCESS)
        {
            *into = text;
        }
        return true;
    };
    simdjson::ondemand::document document;
    if (const auto root = root_of(document, text))
    {
        each_field(*root, take);
    }
    return status;
}

support::error decode_status(int http_status, std::string_view body)
{
    support::error error;
    error.code = support::errc::status;
    error.http_status = http_status;
    error.message = std::to_string(http_status);
    std::string copy(body);
    copy.reserve(copy.size() + simdjson::SIMDJSON_PADDING);
    const auto status = read_status(copy);
    if (status.kind != "Status")
    {
        return error;
    }
    if (!status.reason.empty())
    {
        error.message += " " + support::clean(status.reason, 64);
    }
    // The API server says "Unauthorized" as reason and message.
    if (!status.message.empty() && status.message != status.reason)
    {
        error.message += ": " + support::clean(status.message);
    }
    return error;
}

}  // namespace kube
