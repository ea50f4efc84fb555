#pragma once

#include "cloudsim/cloud/cloud.hpp"
#include "cloudsim/support/text.hpp"

#include <boost/asio/any_io_executor.hpp>

#include <memory>
#include <string>

// The cloud behind HTTP/1.1 on 127.0.0.1: a port for each service of each region and one for the control API.
namespace cloudsim {

class http_server
{
public:
    // Listens; throws boost::system::system_error if a port cannot be opened, and control_error for an
    // unknown setting. `settings` are those of the call PATCH /control/settings.
    explicit http_server(boost::asio::any_io_executor executor, const json& settings = json::object());
    ~http_server();

    // The answer of GET /control/endpoints, as one line of JSON.
    std::string endpoints() const;

private:
    struct impl;
    std::shared_ptr<impl> impl_;
};

}  // namespace cloudsim
