#pragma once

#include "kube/client.hpp"
#include "kube/credentials.hpp"
#include "net/http/http.hpp"
#include "support/clock.hpp"

#include <memory>
#include <string>
#include <string_view>

namespace kube {

inline constexpr std::string_view field_manager = "certificate-binding-controller";

// The kube::client over HTTP. All arguments must outlive it.
// `manager` is the field manager of each write, of at most 128 bytes.
// After a 401 it reads the credentials again and repeats the request once, because the token of a service
// account may just have been renewed.
std::unique_ptr<client> create_rest_client(
    net::http_client& http,
    support::clock& clock,
    request_credentials& credentials,
    std::string manager = std::string(field_manager)
);

}  // namespace kube
