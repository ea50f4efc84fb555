#include "app/label_selector.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace {

TEST(label_selector, is_what_the_api_server_reads)
{
    for (const std::string text :
         {"region=sao1",
          "region==sao1",
          "tier!=test",
          "region",
          "!region",
          "example.com/region=sao1",
          "region=sao1,tier!=test",
          "region in (sao1,mia1)",
          "region notin ( sao1 , mia1 ),tier",
          "region=",
          "region in(sao1)",
          "size>3",
          "size < -3",
          " region = sao1 "})
    {
        EXPECT_TRUE(app::check_label_selector(text)) << text;
    }
}

TEST(label_selector, is_nothing_else)
{
    for (const std::string text :
         {"",
          ",",
          "region=sao1,",
          "=sao1",
          "region=sao 1",
          "region=-a",
          "region in sao1",
          "region in (",
          "a/b/c=d",
          "-region",
          "Example.com/a=b",
          "region>3x",
          "region;tier",
          "region=a=b"})
    {
        const auto checked = app::check_label_selector(text);
        ASSERT_FALSE(checked) << text;
        EXPECT_THAT(checked.error().message, testing::HasSubstr("region=sao1")) << text;
    }
    EXPECT_FALSE(app::check_label_selector(std::string(5000, 'a')));
}

}  // namespace
