#include "app/outgoing_requests.hpp"

#include <utility>

namespace app {

outgoing_requests::outgoing_requests(parts with)
    : http_(std::move(with.http)),
      measured_(*http_, with.clock, std::move(with.ended)),
      fence_(measured_, with.clock, std::move(with.may_send_until)),
      unfenced_(measured_, with.clock, with.limits),
      fenced_(fence_, unfenced_)
{}

std::unique_ptr<net::http_client> outgoing_requests::fenced_of_tenant(const std::string& tenant)
{
    return std::make_unique<net::budgeted_client>(fence_, unfenced_, tenant);
}

}  // namespace app
