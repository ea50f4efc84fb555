#pragma once

#include "kube/client.hpp"
#include "kube/credentials.hpp"
#include "net/http/http.hpp"
#include "support/clock.hpp"

#include <memory>

namespace kube {

inline constexpr std::string_view field_manager = "certificate-binding-controller";

// The kube::client over HTTP. All arguments must outlive it.
// A 401 reads the credentials again and is asked once more, because a service account's token may just have
// been renewed.
std::unique_ptr<client> create_rest_client(
    net::http_client& http, support::clock& clock, credentials& credentials
);

}  // namespace kube
