#pragma once

#include "kube/client.hpp"
#include "net/http/http.hpp"

#include <cstddef>
#include <map>
#include <string>

namespace test {

// A request as kube-apiserver understands it.
struct api_request
{
    std::string verb;         // get, list, watch, create, patch, delete; empty: none of them
    std::string subresource;  // "status" or empty
    std::string name_space;
    std::string name;
    std::map<std::string, std::string> query;
    std::string body;
    std::string asked(const std::string& key) const;  // of the query; empty if it is not there

    std::size_t write = 0;  // which write of all it is, from 1; 0: it writes nothing
};

api_request understand(const net::http_request& request, const kube::resource& resource);

}  // namespace test
