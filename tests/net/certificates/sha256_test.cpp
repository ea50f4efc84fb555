#include "net/certificates/sha256.hpp"

#include <gtest/gtest.h>

namespace {

// FIPS 180-2, appendix B.
TEST(sha256, gives_the_digests_of_the_standard)
{
    EXPECT_EQ(net::sha256_hex(""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    EXPECT_EQ(net::sha256_hex("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

}  // namespace
