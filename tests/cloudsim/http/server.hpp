#pragma once

#include "cloudsim/cloud/cloud.hpp"

#include <boost/asio/any_io_executor.hpp>

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

// The cloud behind HTTP/1.1 on 127.0.0.1: a port for each service of each region and one for the control API.
namespace cloudsim {

struct server_options
{
    std::uint16_t first_port = 0;  // the others follow it; 0: free ones
    std::uint64_t seed = 1;
};

class http_server
{
public:
    // Listens; throws boost::system::system_error if it cannot.
    http_server(boost::asio::any_io_executor executor, const server_options& options);
    ~http_server();

    // What GET /control/endpoints tells, as one line of JSON.
    std::string endpoints() const;

private:
    struct impl;
    std::shared_ptr<impl> impl_;
};

}  // namespace cloudsim
