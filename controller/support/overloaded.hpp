#pragma once

namespace support {

// A visitor for std::visit, made of one lambda for each alternative.
// https://en.cppreference.com/w/cpp/utility/variant/visit2
template <class... F>
struct overloaded : F...
{
    using F::operator()...;
};

}  // namespace support
