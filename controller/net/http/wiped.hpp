#pragma once

#include <cstddef>
#include <cstring>
#include <memory>
#include <string>
#include <vector>

// Buffers for bytes that are sent or received. They are overwritten when they are freed, because any of them
// may hold a token or a key.
namespace net {

template <class T>
struct wiping_allocator
{
    using value_type = T;

    wiping_allocator() = default;
    template <class U>
    wiping_allocator(const wiping_allocator<U>&)
    {}

    T* allocate(std::size_t n) { return std::allocator<T>().allocate(n); }
    void deallocate(T* p, std::size_t n)
    {
        ::explicit_bzero(p, n * sizeof(T));
        std::allocator<T>().deallocate(p, n);
    }

    bool operator==(const wiping_allocator&) const = default;
};

using wiped_string = std::basic_string<char, std::char_traits<char>, wiping_allocator<char>>;
using wiped_buffer = std::vector<char, wiping_allocator<char>>;

}  // namespace net
