#include "app/election.hpp"

#include <array>
#include <charconv>
#include <cstdint>
#include <random>
#include <utility>

namespace app {
namespace {

// Two processes of one host differ, and so do two lives of one pod.
std::string identity_of(const std::string& host, support::random_engine& random)
{
    constexpr int hexadecimal = 16;
    std::array<char, 2 * sizeof(std::uint64_t)> digits{};
    const auto number = std::uniform_int_distribution<std::uint64_t>()(random);
    const auto written =
        std::to_chars(digits.data(), digits.data() + digits.size(), number, hexadecimal).ptr - digits.data();
    return host + "_" + std::string(digits.data(), static_cast<std::size_t>(written));
}

std::string namespace_of(const leader_options& options, const std::string& own_namespace)
{
    return !options.name_space.empty() ? options.name_space
           : !own_namespace.empty()    ? own_namespace
                                       : "default";
}

}  // namespace

election::election(
    parts with, const leader_options& options, const std::string& host, const std::string& own_namespace
)
    : http_(std::move(with.http)),
      measured_(*http_, with.clock, std::move(with.requested)),
      lease_(kube::create_rest_client(measured_, with.clock, with.credentials)),
      writes_(kube::create_rest_client(with.fenced, with.clock, with.credentials, with.manager)),
      taking_part_{
          *lease_,
          *writes_,
          namespace_of(options, own_namespace),
          options.name,
          identity_of(host, with.random),
          options.times
      }
{}

}  // namespace app
