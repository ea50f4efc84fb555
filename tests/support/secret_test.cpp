#include "support/secret.hpp"

#include "support/log.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <spdlog/fmt/fmt.h>

#include <array>
#include <cstddef>
#include <cstring>
#include <memory>
#include <sstream>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

using support::secret;

namespace {

// A secret does not convert to a text.
static_assert(!std::is_convertible_v<secret, std::string>);
static_assert(!std::is_convertible_v<secret, std::string_view>);
static_assert(!std::is_convertible_v<secret, const char*>);
static_assert(!std::is_constructible_v<std::string, secret>);
static_assert(!std::is_constructible_v<std::string_view, secret>);
static_assert(!std::is_constructible_v<nlohmann::json, secret>);
static_assert(!fmt::is_formattable<secret>::value);
template <class T>
concept printable = requires(std::ostream& out, const T& value) { out << value; };
static_assert(printable<std::string> && !printable<secret>);
template <class T>
concept loggable = requires(const T& value) { support::log_field{"key", value}; };
static_assert(loggable<std::string> && !loggable<secret>);

// A text does not convert to a secret.
static_assert(!std::is_convertible_v<std::string, secret>);

// The bytes that a destroyed secret leaves in memory. Its text was short enough to be stored inside the
// object.
std::string remains_of(void (*use)(secret&))
{
    alignas(secret) std::array<std::byte, sizeof(secret)> storage{};
    auto* object =
        std::construct_at(reinterpret_cast<secret*>(storage.data()), std::string("hunter2-hunter"));
    use(*object);
    std::destroy_at(object);
    std::string remains(storage.size(), '\0');
    std::memcpy(remains.data(), storage.data(), storage.size());
    return remains;
}

TEST(secret, is_wiped_when_it_goes)
{
    EXPECT_EQ(remains_of([](secret&) {}).find("hunter"), std::string::npos);
}

TEST(secret, is_wiped_when_it_was_moved_from)
{
    const auto remains = remains_of([](secret& object) {
        const secret taken(std::move(object));
        EXPECT_EQ(taken.reveal(), "hunter2-hunter");
        EXPECT_TRUE(object.empty());
    });
    EXPECT_EQ(remains.find("unter"), std::string::npos);
}

TEST(secret, is_wiped_when_another_takes_its_place)
{
    const auto remains = remains_of([](secret& object) { object = secret("x"); });
    EXPECT_EQ(remains.find("unter"), std::string::npos);
}

TEST(secret, wipe_overwrites_the_whole_allocation)
{
    std::string text(100, 'p');
    const auto capacity = text.capacity();
    text.resize(10);
    support::wipe(text);
    EXPECT_TRUE(text.empty());
    ASSERT_EQ(text.capacity(), capacity) << "the memory to look at is another one";
    std::string remains(capacity, 'x');
    std::memcpy(remains.data(), text.data(), capacity);
    EXPECT_EQ(remains, std::string(capacity, '\0'));
}

TEST(secret, gives_its_text_to_the_wire)
{
    const secret token("hunter2");
    EXPECT_EQ(token.reveal(), "hunter2");
    EXPECT_FALSE(token.empty());
    EXPECT_TRUE(secret().empty());
}

TEST(secret, copies_are_equal_and_stand_alone)
{
    secret token(std::string(100, 't'));
    const secret copy = token;
    EXPECT_TRUE(copy == token);
    token = secret("other");
    EXPECT_FALSE(copy == token);
    EXPECT_EQ(copy.reveal(), std::string(100, 't'));
    token = *&token;
    EXPECT_EQ(token.reveal(), "other");
}

}  // namespace
