#pragma once

#include "kube/client.hpp"
#include "kube/config.hpp"
#include "kube/credentials.hpp"
#include "net/http/http.hpp"
#include "support/clock.hpp"
#include "support/error.hpp"
#include "support/secret.hpp"

#include <memory>

namespace kube {

// Clients that act for somebody else, each with a token of its own. Of the configuration they take only where
// the API server is and whom to trust. They never show the client certificate, token, password, plugin
// credential or impersonation of the configuration, because the server would take the caller for its owner.
class caller_clients
{
public:
    // `http` and `clock` must outlive the clients.
    caller_clients(net::http_client& http, support::clock& clock, const config& cluster, file_reader read);
    ~caller_clients();

    // For the start. errc::invalid if the server is of plain http: a token is not sent where everybody reads
    // it, and a proxy there would answer with rights of its own. Also if the CA cannot be read.
    support::result<> check();

    // A client whose requests carry `token` alone; the token is never empty. The client must not outlive this
    // object.
    std::unique_ptr<client> client_of(support::secret token);

private:
    net::http_client& http_;
    support::clock& clock_;
    credentials cluster_;  // without any credential
};

}  // namespace kube
