#include "kube/decoder.hpp"
#include "kube/server_status.hpp"
#include "kube/server_texts.hpp"
#include "kube/watch_decoder.hpp"

#include <gtest/gtest.h>

#include <cstddef>
#include <random>
#include <string>
#include <string_view>

namespace {

using test::drain;
using test::list_text;
using test::watch_text;

// The decoders read and write no memory out of bounds, whatever the server sends (run with the address
// sanitizer), and an accepted list keeps its promises. The test is no proof.
TEST(decoders, survive_whatever_a_server_sends)
{
    std::mt19937 random(20261124);
    const auto below = [&](std::size_t limit) {
        return std::uniform_int_distribution<std::size_t>(0, limit - 1)(random);
    };
    constexpr std::string_view alphabet =
        "{}[]\",:\\\n\r \0\x80\xff"
        "019-ent\"u";
    const auto mutate = [&](std::string text) {
        for (std::size_t changes = 1 + below(4); changes > 0; --changes)
        {
            const auto at = below(text.size());
            switch (below(4))
            {
                case 0:
                    text[at] = alphabet[below(alphabet.size())];
                    break;
                case 1:
                    text.erase(at, 1 + below(8));
                    break;
                case 2:
                    text.insert(at, text.substr(below(text.size()), below(40)));
                    break;
                default:
                    text.insert(at, 1, alphabet[below(alphabet.size())]);
            }
            text += text.empty() ? " " : "";
        }
        return text;
    };
    std::size_t accepted = 0;
    for (int trial = 0; trial < 20000; ++trial)
    {
        const auto page = kube::decode_list(mutate(list_text));
        if (page)
        {
            ++accepted;
            EXPECT_FALSE((*page)->resource_version().empty());
            for (const auto item : (*page)->items())
            {
                EXPECT_TRUE(item.starts_with('{') && item.ends_with('}')) << item;
                kube::identify(item);
            }
        }
        kube::watch_decoder decoder;
        const std::string text = mutate(watch_text);
        const auto half = below(text.size());
        decoder.feed(std::string_view(text).substr(0, half));
        drain(decoder);
        decoder.feed(std::string_view(text).substr(half));
        drain(decoder);
        kube::decode_status(500, mutate(R"({"kind":"Status","message":"m","reason":"r","code":500})"));
    }
    EXPECT_GT(accepted, 1000U) << "the changes are too rough to test anything";
}

}  // namespace
