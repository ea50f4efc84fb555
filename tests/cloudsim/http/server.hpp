#pragma once

#include "cloudsim/cloud/cloud.hpp"
#include "cloudsim/control/control.hpp"

#include <boost/asio/any_io_executor.hpp>

#include <functional>
#include <memory>
#include <string>

// The cloud behind HTTP/1.1 on 127.0.0.1: a port for each service of each region and one for the control API.
namespace cloudsim {

class http_server
{
public:
    // Listens; throws boost::system::system_error if a port cannot be opened, and what `prepare` throws.
    // `prepare` sets the cloud up before the first request.
    explicit http_server(
        boost::asio::any_io_executor executor,
        const std::function<void(const control&)>& prepare = [](const control&) {}
    );
    ~http_server();

    // The answer of GET /control/endpoints, as one line of JSON.
    std::string endpoints() const;

private:
    struct impl;
    std::shared_ptr<impl> impl_;
};

}  // namespace cloudsim
