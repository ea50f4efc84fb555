#pragma once

#include <boost/asio/awaitable.hpp>

// A coroutine of the one event loop. It starts when it is awaited or spawned. Cancellation reaches every
// await and unwinds the coroutine as boost::system::system_error(operation_aborted), which is the one
// exception that is not a bug.
namespace support {

template <class T = void>
using task = boost::asio::awaitable<T>;

}  // namespace support
