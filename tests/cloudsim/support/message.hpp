#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

// Requests and answers as values, and the times of a cloud.
namespace cloudsim {

using duration = std::chrono::nanoseconds;
using time_point = std::chrono::time_point<std::chrono::steady_clock, duration>;
using wall_time = std::chrono::system_clock::time_point;

// A moment on both clocks. Waits are measured on the first; tokens and certificates expire on the second.
struct instant
{
    time_point monotonic;
    wall_time wall;

    // The moment at another reading of the monotonic clock.
    instant at(time_point other) const
    {
        return {
            .monotonic = other,
            .wall = wall + std::chrono::duration_cast<wall_time::duration>(other - monotonic)
        };
    }
};

using header_list = std::vector<std::pair<std::string, std::string>>;

// The first header of that name. Case does not count.
std::optional<std::string_view> find_header(const header_list& headers, std::string_view name);

struct request
{
    std::string method;
    std::string authority;  // host:port of the endpoint that received the request
    std::string target;     // path and query, as in the request line
    header_list headers{};
    std::string body{};
};

enum class delivery
{
    whole,
    cut,      // the connection ends after `cut_at` bytes of the body
    dropped,  // the connection ends without an answer
    refused,  // nobody listens
};

struct reply
{
    int status = 200;
    header_list headers{};  // those of the service; length and connection are the server's
    std::string body{};
    delivery how = delivery::whole;
    std::size_t cut_at = 0;
    bool close = false;  // the connection ends after the answer
};

}  // namespace cloudsim
