#pragma once

#include "support/clock.hpp"

#include <boost/asio/any_io_executor.hpp>

#include <memory>

namespace support {

// The clock of this machine. Sleeps on `executor`.
std::unique_ptr<clock> create_system_clock(boost::asio::any_io_executor executor);

}  // namespace support
