#pragma once

#include "support/error.hpp"

#include <string>
#include <string_view>

namespace kube {

// A metav1.Status as far as it can be read; empty where it cannot
// (https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/status/).
struct server_status
{
    std::string kind;
    std::string reason;
    std::string message;
    int code = 0;
};

// SIMDJSON_PADDING bytes after the end of `text` must be readable.
server_status read_status(std::string_view text);

// The error that a response of status 400 and above stands for. Its message has the reason and message of the
// metav1.Status in the response, cleaned.
support::error decode_status(int http_status, std::string_view body);

}  // namespace kube
