#pragma once

#include "net/transport/accepted_stream.hpp"

#include <cstddef>
#include <list>

namespace net {

// Bounds the memory of the answers that their peers have not taken yet. Where they are too many bytes, the
// answers that were begun first are given up.
class unread_answers
{
public:
    explicit unread_answers(std::size_t most_bytes) : most_bytes_(most_bytes) {}

    // One answer that is being sent; `all` and the stream must outlive it.
    class one
    {
    public:
        one(unread_answers& all, accepted_stream& to);
        ~one();
        one(const one&) = delete;
        one& operator=(const one&) = delete;

        // So many of its bytes are in memory now. Interrupts the streams of older answers, so that all
        // together are within the bound; an answer that is larger than the bound is then the only one.
        void set(std::size_t bytes);

    private:
        friend class unread_answers;
        unread_answers& all_;
        accepted_stream& stream_;
        std::size_t bytes_ = 0;
        std::list<one*>::iterator place_;
    };

    std::size_t bytes() const { return bytes_; }

private:
    // False if there is no answer beside `kept`.
    bool give_up_oldest(const one& kept);

    std::size_t most_bytes_;
    std::size_t bytes_ = 0;
    std::list<one*> answers_;  // in the order of their begin
};

}  // namespace net
