#pragma once

#include "kube/client.hpp"
#include "net/http/http.hpp"

#include <cstddef>
#include <map>
#include <string>

namespace test {

// A request, parsed as kube-apiserver does.
struct api_request
{
    std::string verb;         // get, list, watch, create, patch, delete; empty: any other
    std::string subresource;  // "status" or empty
    std::string name_space;
    std::string name;
    std::map<std::string, std::string> query;
    std::string body;
    std::string asked(const std::string& key) const;  // a parameter of the query; empty if missing

    std::size_t write = 0;  // the number of this write, from 1; 0: not a write
};

api_request understand(const net::http_request& request, const kube::resource& resource);

}  // namespace test
